from __future__ import annotations

from pathlib import Path

import pytest

from alerts import ruleset as live
from alerts.between import ruleset
from telemetry.errors import SettingsError

R25 = (ruleset.SHIPPED / "r25_shortened_treatment.toml").read_text("utf-8")


def write(folder: Path, text: str, name: str = "r.toml") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder


def test_those_that_ship_have_ids_and_judges_of_their_own_and_none_of_the_live_rules() -> None:
    rules = ruleset.load()
    ids = [rule.id for rule in rules]
    assert ids == sorted(set(ids)) and not {rule.id for rule in live.load().rules} & set(ids)
    assert {rule.spec.judge for rule in rules} == set(ruleset.JUDGES)
    for judge in ruleset.JUDGES.values():
        assert (judge.of_treatment is None) != (judge.of_patient is None)


def test_the_version_changes_with_the_file(tmp_path: Path) -> None:
    (one,) = ruleset.load(write(tmp_path, R25))
    (other,) = ruleset.load(write(tmp_path, R25 + "\n# why\n"))
    assert one.version.split("+")[0] == other.version.split("+")[0] == one.spec.version
    assert one.version != other.version
    assert ruleset.digest((one,)) != ruleset.digest((other,))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("low_min = 10", "low_min = 40", "low_min: above 0"),
        ("low_min = 10", "low_minutes = 10", "low_minutes"),
        ("low_min = 10", 'low_min = "ten"', "float"),
        ('judge = "shortened"', 'judge = "solomon"', "judge is one of missed"),
        ('id = "R25"', 'id = "r25"', "capitals"),
        ('version = "1.0.0"', 'version = "1"', "1.0.0"),
        ("each = true", "each = true\ncolour = 1", "colour"),
        ("[rationalisation]", "[rationale]", "rationale"),
        ("medium = 86400, low = 172800", "low = 172800", "each priority of the levels: medium, low"),
    ],
)
def test_a_file_that_cannot_be_is_an_error_that_names_it(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(SettingsError, match=r"r\.toml") as caught:
        ruleset.load(write(tmp_path, R25.replace(old, new)))
    assert says in caught.value.line()


def test_two_of_one_id_and_none_at_all_are_errors(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no \*\.toml there"):
        ruleset.load(tmp_path)
    write(tmp_path, R25)
    with pytest.raises(SettingsError, match="R25 is there twice"):
        ruleset.load(write(tmp_path, R25, "again.toml"))


def test_a_patients_own_limits_stand_in_place_of_the_rules() -> None:
    (rule,) = [rule for rule in ruleset.load() if rule.id == "R25"]
    own = rule.limits_of({"low_min": 20.0})
    assert ruleset.numbers(own) == {**ruleset.numbers(rule.limits), "low_min": 20.0}
    for wrong, says in (
        ({"low": 20.0}, "no such limit"),
        ({"low_min": 90.0}, "low_min"),
        ({"low_min": float("nan")}, "not"),
    ):
        with pytest.raises(ValueError, match=says):
            rule.limits_of(wrong)


@pytest.mark.parametrize(
    ("rule_id", "own", "says"),
    [
        ("R05", {"on": 2.0}, "on"),
        ("R05", {"on": 7.0}, "on"),
        ("R05", {"off": -1.0}, "on"),
        ("R05", {"rise_mmhg": 0.0}, "rise"),
        ("R05", {"on": 3.0, "window": 20.0, "off": 0.0}, ""),
        ("R24", {"low_h": 0.0}, "low_h"),
        ("R24", {"low_h": 24.0}, "low_h"),
        ("R24", {"in_a_row": 0.0}, "in_a_row"),
        ("R24", {"early_h": -1.0}, "early_h"),
        ("R24", {"silent_h": 0.0}, "silent_h"),
        ("R24", {"in_a_row": 1.0, "early_h": 0.0}, ""),
        ("R25", {"low_min": 30.0}, "low_min"),
        ("R25", {"agree_min": 0.0}, ""),
        ("R26", {"low_percent": 6.0}, "low_percent"),
        ("R26", {"medium_percent": 15.0}, "low_percent"),
        ("R26", {"low_percent": 0.0}, "low_percent"),
        ("R27", {"low_kg": 2.0}, "low_kg"),
        ("R27", {"medium_kg": 15.0}, "low_kg"),
        ("R27", {"low_kg": 0.0}, "low_kg"),
        ("R27", {"least": 10.0, "share_percent": 100.0, "recent": 50.0}, ""),
        ("R27", {"recent": 51.0}, "recent"),
        ("R27", {"share_percent": 100.1}, "share_percent"),
        ("R27", {"moved_ml": 0.0}, "moved_ml"),
        ("R28", {"low": 2.1}, "low"),
        ("R28", {"medium": 0.0}, "low"),
        ("R28", {"weeks": 1.0}, ""),
        ("R28", {"weeks": 8.0}, ""),
        ("R28", {"weeks": 9.0}, "weeks"),
        ("R30", {"ratio": 1.0}, "ratio"),
        ("R30", {"ratio": 0.0}, "ratio"),
        ("R30", {"in_a_row": 0.0}, "in_a_row"),
        ("R30", {"in_a_row": 20.0}, ""),
        ("R30", {"in_a_row": 1.0}, ""),
        ("R30", {"in_a_row": 21.0}, "in_a_row"),
        ("R30", {"within_days": 0.0}, "within_days"),
        ("R31", {"drop_percent": 0.0}, "drop_percent"),
        ("R31", {"max_age_days": 0.0}, "graft"),
        ("R35", {"baseline": 10.0, "flow_percent": 20.0}, ""),
        ("R35", {"flow_percent": 0.0}, "flow_percent"),
        ("R36", {"action_percent": 100.0}, ""),
        ("R36", {"action_percent": 0.0}, "action_percent"),
        ("R36", {"chlorine_age_days": 0.0}, "bacteria"),
    ],
)
def test_where_a_patients_own_limits_end(rule_id: str, own: dict[str, float], says: str) -> None:
    (rule,) = [rule for rule in ruleset.load() if rule.id == rule_id]
    if not says:
        assert ruleset.numbers(rule.limits_of(own)).items() >= own.items()
        return
    with pytest.raises(ValueError, match=says):
        rule.limits_of(own)
