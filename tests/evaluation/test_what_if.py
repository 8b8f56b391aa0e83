"""Old against new over a month of stored treatments, on a real database."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from alerts import ruleset
from evaluation import what_if as module
from evaluation.once_more import Way
from evaluation.what_if import Halted, as_object, moment, what_if
from store.pool import Connection
from tests.evaluation.treated import SECOND, treated

RULES = ruleset.load()


def plateau(level: float) -> list[float]:
    return [150.0] * 100 + [level] * 60


def rule(told: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (one for one in told["rules"] if one["rule"] == name)
    return dict(found)


def test_with_this_limit_one_alert_instead_of_four(
    conn: Connection, home: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two at once, so that three handfuls are one answer.
    monkeypatch.setattr(module, "AT_ONCE", 2)
    levels = (262.0, 150.0, 270.0, 310.0, 258.0)
    treatments = [treated(conn, home[0], day, plateau(level)) for day, level in enumerate(levels)]
    answer = what_if(conn, treatments, Way(RULES), Way(RULES, {"R13 high": 330.0, "R13 medium": 290.0}))
    told = as_object(answer)
    assert (told["treatments"], told["alerts"], told["not_judged"]) == (5, {"old": 4, "new": 1}, ["R33"])
    assert told["hours"] == round(5 * 159 / 3600, 2)
    venous = rule(told, "R13")
    assert (venous["title"], venous["old"]["alerts"], venous["new"]["alerts"]) == ("Venous pressure high", 4, 1)
    gone = venous["gone"]
    assert [one["treatment_id"] for one in gone] == [str(treatments[n].treatment_id) for n in (0, 2, 4)]
    assert gone[0]["time"] == moment(treatments[0].start_us + 115 * SECOND)
    assert (gone[0]["priority"], "above 250" in gone[0]["reason"]) == ("medium", True)
    assert venous["added"] == []
    (lowered,) = venous["changed"]
    assert (lowered["old"]["priority"], lowered["new"]["priority"]) == ("high", "medium")
    assert ("above 300" in lowered["old"]["reason"], "above 290" in lowered["new"]["reason"]) == (True, True)
    assert {one["rule"] for one in told["rules"] if one["gone"] or one["added"]} == {"R13"}


def test_a_rule_that_has_nothing_to_go_by_is_not_taken_for_a_quiet_one(conn: Connection, home: tuple[int, int]) -> None:
    treatments = [treated(conn, home[0], 0, plateau(262.0))]
    told = as_object(what_if(conn, treatments, Way(RULES), Way(RULES)))
    # Nobody measures a temperature here; all but the two seconds after the treatment are known to R13.
    assert rule(told, "R18")["old"]["evaluated_hours"] == 0
    assert rule(told, "R13")["old"]["evaluated_hours"] == round(158 / 3600, 2)


def test_a_rule_that_comes_and_one_that_goes(conn: Connection, home: tuple[int, int]) -> None:
    treatments = [treated(conn, home[0], 0, plateau(262.0))]
    without = replace(RULES, rules=tuple(one for one in RULES.rules if one.id != "R13"))
    gone = rule(as_object(what_if(conn, treatments, Way(RULES), Way(without))), "R13")
    assert (gone["new"], len(gone["gone"])) == (None, 1)
    added = rule(as_object(what_if(conn, treatments, Way(without), Way(RULES))), "R13")
    assert (added["old"], len(added["added"])) == (None, 1)


def test_nothing_to_judge(conn: Connection) -> None:
    told = as_object(what_if(conn, [], Way(RULES), Way(RULES)))
    assert (told["treatments"], told["alerts"]) == (0, {"old": 0, "new": 0})


def test_it_ends_when_the_caller_does_not_want_to_go_on(conn: Connection, home: tuple[int, int]) -> None:
    treatments = [treated(conn, home[0], 0, [150.0] * 700)]
    asked: list[int] = []

    def once() -> bool:
        asked.append(1)
        return len(asked) < 2

    with pytest.raises(Halted):
        what_if(conn, treatments, Way(RULES), Way(RULES), once)
    assert len(asked) == 2
