"""What holds for a patient, in the scale of each strip; and that the rules tell just beyond it."""

from __future__ import annotations

from typing import Any

import pytest

from alerts import ruleset
from alerts.prescribing.changes import Held
from clinician_api.prescribing.lines import strip_lines
from clinician_api.prescribing.models import StripLine

RULES = ruleset.load()
ITEMS: dict[str, float | None] = {
    "prescribed_conductivity_ms_cm": 14.0, "target_weight_kg": 70.0, "transmembrane_limit_mmhg": 250.0,
}  # fmt: skip


def lines(limits: dict[str, dict[str, float]], items: dict[str, float | None], signal: str) -> list[Any]:
    found = [StripLine.model_validate(one) for one in strip_lines(RULES, Held(limits, items))]
    return [(one.value, one.beyond, one.kind, one.priority, one.rule) for one in found if one.signal == signal]


def test_the_patients_own_goes_before_the_dialysers_and_that_before_the_rules() -> None:
    assert lines({"R13": {"high": 320.0}}, {}, "venous_pressure") == [
        (320.0, "above", "own", "high", "R13"), (250.0, "above", "usual", "medium", "R13"),
    ]  # fmt: skip
    name = "transmembrane_pressure"
    assert lines({}, {}, name) == [(300.0, "above", "usual", "medium", "R15")]
    assert lines({}, ITEMS, name) == [(250.0, "above", "prescribed", "medium", "R15")]
    assert lines({"R15": {"medium": 280.0}}, ITEMS, name) == [(280.0, "above", "own", "medium", "R15")]


def test_by_weight_or_per_cent_it_is_worked_out_and_without_those_there_is_none() -> None:
    assert lines({}, ITEMS, "ultrafiltration_rate") == [
        (910.0, "above", "usual", "medium", "R07"), (700.0, "above", "usual", "low", "R07"),
    ]  # fmt: skip
    found = lines({}, ITEMS, "dialysate_conductivity")
    assert found[0] == (14.0, "", "prescribed", None, "")
    assert [(value, beyond) for value, beyond, *_ in found[1:]] == [
        (pytest.approx(14.7), "above"), (pytest.approx(13.3), "below"), (pytest.approx(14.35), "above"),
        (pytest.approx(13.65), "below"),
    ]  # fmt: skip
    for signal in ("ultrafiltration_rate", "dialysate_conductivity"):
        assert lines({}, {}, signal) == []


def test_what_hangs_on_more_than_one_number_is_no_line() -> None:
    told = {one["rule"] for one in strip_lines(RULES, Held({}, ITEMS))}
    # A fall, a slope, a pair of signals, silence: not to be seen as a height on a strip.
    assert not told & {"R02", "R10", "R11", "R12", "R16", "R21", "R33"}
    assert {"R01", "R06", "R13", "R14", "R18"} <= told
    assert all(one["beyond"] == "below" for one in strip_lines(RULES, Held({}, {})) if one["rule"] in ("R01", "R14"))
