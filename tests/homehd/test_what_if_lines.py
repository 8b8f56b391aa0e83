from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from homehd.what_if_lines import lines

AT = datetime(2026, 3, 2, 18, 12, 5, tzinfo=UTC)


def alert(priority: str = "medium", reason: str = "above 250 mmHg") -> dict[str, Any]:
    return {"treatment_id": "17", "time": AT, "until": AT, "priority": priority, "reason": reason}


def side(alerts: int, hours: float = 52.0) -> dict[str, Any]:
    return {"rule_version": "1.0.0+x", "alerts": alerts, "evaluated_hours": hours}


def rule(name: str, old: dict[str, Any] | None, new: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    return {
        "rule": name,
        "title": f"Title {name}",
        "old": old,
        "new": new,
        "gone": [],
        "added": [],
        "changed": [],
        **more,
    }


def said(*rules: dict[str, Any], silent: tuple[str, ...] = ()) -> list[str]:
    told = {"treatments": 13, "hours": 52.0, "alerts": {"old": 41, "new": 3}, "rules": rules, "not_judged": silent}
    return list(lines(told, "with R13 high=320"))


def test_the_sum_comes_first() -> None:
    assert said() == ["with R13 high=320: 3 alerts instead of 41 in 13 treatments, 52 h"]


def test_each_alert_on_a_line_that_no_machine_word_can_break() -> None:
    changed = {"old": alert("high"), "new": alert("medium")}
    found = said(
        rule("R13", side(2), side(1), gone=[alert(reason="alarm\n\x1b[2J")], added=[alert("low")], changed=[changed])
    )
    assert found[1:] == [
        "R13\tTitle R13\t2 alerts (evaluated 52 h) → 1 alert (evaluated 52 h)",
        "  gone\t2026-03-02T18:12:05Z\ttreatment 17\tmedium\talarm\\n\\x1b[2J",
        "  new\t2026-03-02T18:12:05Z\ttreatment 17\tlow\tabove 250 mmHg",
        "  changed\t2026-03-02T18:12:05Z\ttreatment 17\thigh → medium\tabove 250 mmHg",
    ]


def test_rules_that_say_nothing_either_way_are_left_out_but_not_one_that_became_blind() -> None:
    found = said(rule("R14", side(0), side(0)), rule("R18", side(0), side(0, 3.5)), rule("R99", None, side(0)))
    assert found[1:] == [
        "R18\tTitle R18\t0 alerts (evaluated 52 h) → 0 alerts (evaluated 3.5 h)",
        "R99\tTitle R99\tno such rule → 0 alerts (evaluated 52 h)",
    ]


def test_what_is_not_judged_is_said() -> None:
    assert said(silent=("R33",))[-1] == "not judged, because nobody is silent in what is stored: R33"
