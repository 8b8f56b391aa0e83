"""Loading rules: what ships loads, what is wrong is told with file and line."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from alerts import ruleset
from alerts.ruleset import SHIPPED
from telemetry.errors import SettingsError
from tests.alerts.building import RULES

FIRST_SET = {"R01", "R07", "R10", "R13", "R14", "R15", "R17", "R18", "R19", "R20", "R21", "R22", "R33", "R34"}


def test_the_first_set_ships_and_says_where_it_comes_from() -> None:
    assert {rule.id for rule in RULES.rules} >= FIRST_SET
    for rule in RULES.rules:
        assert rule.spec.source and rule.spec.mark and rule.spec.action and rule.spec.cause
        assert rule.version.startswith(rule.spec.version + "+")


@pytest.mark.parametrize(
    ("rule", "latch"),
    [("R01", True), ("R02", True), ("R03", False), ("R04", False), ("R06", False),
     ("R07", False), ("R10", True), ("R08", False), ("R09", True), ("R11", True),
     ("R12", False), ("R29", False), ("R32", False), ("R13", False), ("R16", False), ("R23", False),
     ("R14", False), ("R15", False), ("R17", False),
     ("R18", False), ("R19", True), ("R20", True), ("R21", True), ("R22", True), ("R33", True), ("R34", False)],
)  # fmt: skip
def test_which_rules_latch(rule: str, latch: bool) -> None:
    assert RULES.rule(rule).latch is latch


def test_rules_of_one_detector_stand_together() -> None:
    names = [rule.spec.detector for rule in RULES.rules]
    assert len(set(names)) == 1 + sum(a != b for a, b in pairwise(names))


def test_an_unknown_rule_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        RULES.rule("R99")


def test_the_version_changes_with_every_byte(tmp_path: Path) -> None:
    path = Path(shutil.copy(SHIPPED / "r13_venous_pressure_high.toml", tmp_path))
    before = ruleset.load(tmp_path).rule("R13").version
    assert before == RULES.rule("R13").version
    path.write_text(path.read_text().replace("250", "251"))
    after = ruleset.load(tmp_path).rule("R13").version
    assert after != before and after.startswith("1.0.0+")


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("r13", 'detector = "limit"', 'detector = "oracle"', r"r13.*:4 – detector is one of limit, drop"),
        ("r13", "deadband = 20", "dedband = 20", r"r13.*unknown field `dedband`"),
        ("r13", 'signal = "venous_pressure"', 'signal = "venous"', r"r13.*:2\d – no signal 'venous'"),
        ("r13", "above = 300", "above = true", r"r13.*Expected `float"),
        ("r13", "above = 300", "above = 300\nbelow = 1", r"level high: exactly one of above, at_least"),
        ("r13", 'id = "R13"', 'id = "thirteen"', r"r13.*:1 – an id is"),
        ("r13", '"1.0.0"', '"one"', r"r13.*:2 – a version is like"),
        ("r13", "max_gap_s = 10", "max_gap_s = 0", r"max_gap_s is above 0"),
        ("r13", "deadband = 20", "deadband = -1", r"delays and deadband"),
        ("r13", "blank_s = 60", "blank_s = 60\nblank_flow_step_ml_min = 20", r"the same in all rules"),
        ("r13", "blank_s = 60", 'blank_s = 60\nphases = ["DANCE"]', r"no phase 'DANCE'"),
        ("r13", 'priority = "high"', 'priority = "loud"', r"r13.*loud"),
        ("r07", '"target_weight_kg"', '"weight"', r"no context 'weight'"),
        ("r15", '"transmembrane_limit_mmhg"', '"tmp"', r"no context 'tmp'"),
        ("r17", "[input]", '[input]\ndivide_by = "target_weight_kg"', r"either divide_by or percent_of"),
        ("r17", "outside = 5", 'outside = 5\nlimit_from = "target_weight_kg"', r"goes with one side only"),
        ("r20", 'inhibits = ["R10", "R11"]', 'inhibits = ["R98"]', r"r20.*'R98', which is not there"),
        ("r11", 'other_signal = "arterial_pressure"', 'other_signal = "venous_pressure"', r"not the same signal twice"),
        ("r11", "deadband = 5", "deadband = 15", r"less than the window"),
        ("r11", "window_s = 60", "window_s = 63", r"window_s ≤ 62"),
        ("r12", "flow_at_least = 190", "flow_at_least = 0", r"flow_at_least: above 0"),
        ("r12", 'inhibits = ["R10", "R11"]', "inhibits = []", r"inhibits_as goes with inhibits"),
        ("r16", "window_s = 3600", "window_s = 3700", r"window_s: a multiple of 120, at most 3600"),
        ("r16", "window_s = 3600", "window_s = 3720", r"window_s: a multiple of 120, at most 3600"),
        ("r16", "min_span_s = 2700", "min_span_s = 3601", r"min_span_s from 120 up to it"),
        ("r16", "min_points = 6", "min_points = 32", r"min_points: at least 3"),
        ("r16", "above = 30", "above = 30\nbelow = 1", r"level medium: exactly one of above, at_least"),
        ("r16", "p_at_most = 0.025", "p_at_most = 0", r"p_at_most: between 0 and 1"),
        ("r16", "percent = 5", "percent = -5", r"steady: percent and by are at least 0"),
        ("r16", 'signal = "blood_flow"', 'signal = "blod_flow"', r"no signal 'blod_flow'"),
        ("r23", "looks = 2", "looks = 0", r"looks: 1…200"),
        ("r01", "below = 80", "below = 80\nat_least = 200", r"either below, below_by or at_least"),
        ("r02", "mean_fall = 10", "", r"mean_fall: goes with an other value"),
        ("r02", "symptom_within_s = 900", "symptom_within_s = 0", r"symptom_within_s: above 0"),
        ("r02", 'baseline = "pre_systolic_mmhg"', 'baseline = "pre"', r"no context pre"),
        ("r03", "deadband = 5", "deadband = 30", r"deadband: less than the fall"),
        ("r03", 'symptom = "without"', 'symptom = "maybe"', r"r03.*maybe"),
        ("r04", "min_readings = 4", "min_readings = 11", r"min_readings: 3…10"),
        ("r04", "window_s = 7200", "window_s = 0", r"window_s: above 0, and ahead_s too"),
        ("r04", "p_at_most = 0.05", "p_at_most = 1", r"p_at_most: between 0 and 1"),
        ("r04", 'limit_of = "R01 medium"', 'limit_of = "R01 medium"\ndeadband = 1', r"over when the line no longer"),
        ("r04", 'signal = "systolic"', 'signal = "systolic"\nother = "diastolic"', r"a forecast is of one value"),
        ("r06", 'other = "diastolic"', 'other = "systolic"', r"not the same signal twice"),
        ("r06", 'other = "diastolic"', "", r"other_at_least: goes with at_least"),
        ("r06", "at_least = 180", "at_least = 180\nsymptom_within_s = 9", r"symptom_within_s: goes with below"),
        ("r08", 'goal = "ultrafiltration_target"', "", r"either goal or goal_from"),
        ("r08", 'remaining = "treatment_remaining"', "", r"remaining goes with rate or elapsed"),
        ("r08", 'remaining =', 'elapsed = "treatment_elapsed"\nremaining =', r"either rate or elapsed"),
        ("r08", 'whichever = "less"', "", r"above and whichever go with above_percent"),
        ("r08", "below_percent = 10", "below_percent = 10\nabove_percent = 1", r"either above_percent or"),
        ("r08", "below_percent = 10\non_delay_s = 120\ndeadband = 2", "below_percent = 10\ndeadband = 11",
         r"at most the per cent"),
        ("r29", '"prescribed_spktv"', '"spktv"', r"no context 'spktv'"),
        ("r32", "longer_than_s = 300", "longer_than_s = 300\ndeadband = 1", r"a pump runs or stands"),
        ("r13", "[rationalisation]", "[rationale]", r"r13.* – no table \[rationalisation\]: .*docs/rules\.md"),
        ("r13", "consequence", "consequences", r"r13.*:1\d – .*unknown field `consequences`"),
        ("r13", "respond_within_s = { high = 300, medium = 600 }", "", r"r13.*required field `respond_within_s`"),
        ("r13", "{ high = 300, medium = 600 }", "{ high = 300 }", r"r13.*:12 – .*priority of the levels: high, medium"),
        ("r13", "{ high = 300, medium = 600 }", "{ loud = 300 }", r"r13.*Invalid enum value 'loud'"),
        ("r13", 'mark = "M"', 'mark = "X"', r"r13.*Invalid enum value 'X'"),
        ("r19", "BLOOD_LEAK", "BLOOD_LEEK", r"unknown alarm MDC_EVT_HDIALY_BLOOD_LEEK"),
        ("r10", "window_s = 60", "window_s = 63", r"window_s ≤ 62"),
        ("r01", 'baseline = "pre_systolic_mmhg"', 'baseline = "weight"', r"no context weight"),
        ("r01", "below = 80", "", r"either below, below_by or at_least"),
        ("r01", 'fresh_by = ["systolic", "diastolic", "pulse_rate"]', "fresh_by = []", r"fresh_by names 1"),
        ("r33", "silent_for_s = 60", "silent_for_s = 6", r"at least shown_after_s"),
        ("r34", '"diastolic", "pulse_rate",\n]',
         '"diastolic",\n]\n[[level]]\npriority = "low"\nflat = []\nimplausible = []', r"exactly one level"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_file(tmp_path: Path, file: str, old: str, new: str, told: str) -> None:
    for path in SHIPPED.glob("*.toml"):
        shutil.copy(path, tmp_path)
    path = next(tmp_path.glob(f"{file}*"))
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(SettingsError, match=told):
        ruleset.load(tmp_path)


def test_a_rule_without_a_level_is_none(tmp_path: Path) -> None:
    path = Path(shutil.copy(SHIPPED / "r13_venous_pressure_high.toml", tmp_path))
    text = path.read_text()
    path.write_text("level = []\n" + text[: text.index("[[level]]")])
    with pytest.raises(SettingsError, match="at least one level"):
        ruleset.load(tmp_path)


def test_two_files_with_one_id(tmp_path: Path) -> None:
    for name in ("a.toml", "b.toml"):
        shutil.copy(SHIPPED / "r13_venous_pressure_high.toml", tmp_path / name)
    with pytest.raises(SettingsError, match=r"b\.toml:1 – R13 is also in a\.toml"):
        ruleset.load(tmp_path)


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no \*\.toml there"):
        ruleset.load(tmp_path)


def test_the_table_in_the_documents_names_every_rule_with_its_mark() -> None:
    page = (Path(ruleset.__file__).parent.parent / "docs" / "rules.md").read_text("utf-8")
    for rule in RULES.rules:
        row = next((line for line in page.splitlines() if line.startswith(f"| {rule.id} | {rule.title} |")), "")
        assert row.endswith(f"| {rule.spec.mark} |"), rule.id
        assert f"| {'yes' if rule.latch else 'no'} |" in row, rule.id
