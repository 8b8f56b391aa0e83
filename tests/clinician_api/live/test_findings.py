"""What was not evaluated, from real snapshots of the real engine."""

from __future__ import annotations

import numpy as np
import pytest

from alerts import ruleset
from alerts.engine import Engine, Samples
from clinician_api.live.findings import Reader, between_view
from telemetry import signals
from telemetry.treatment import Phase
from tests.clinician_api.builders import NOW, SECOND


def snapshot(values: dict[str, float], phase: Phase = Phase.TX) -> bytes:
    """A unit's state after a minute of a phase with these signals and no others."""
    engine = Engine(ruleset.load(None))
    row = engine.register("u-1")
    column = np.full((1, signals.COUNT), np.nan, np.float32)
    for name, value in values.items():
        column[0, signals.BY_NAME[name].number] = value
    for second in range(60):
        time = np.array([NOW + second * SECOND], np.int64)
        samples = Samples(
            np.array([row], np.int32), time, np.array([phase], np.uint8), column, np.zeros(1, np.uint64), time
        )
        engine.evaluate(samples)
    return engine.snapshot(row)


def test_a_rule_without_its_signal_is_named_with_the_reason() -> None:
    found = Reader().not_evaluated({"u-1": snapshot({"blood_flow": 300.0, "blood_pump_running": 1.0})})
    reasons = {rule["rule"]: rule["reason"] for rule in found["u-1"]}
    assert reasons["R17"] == "no prescribed conductivity"
    assert "dialysate temperature" in reasons["R18"]
    assert not any(reason.lower().startswith("not evaluated") for reason in reasons.values())


def test_a_rule_with_its_signals_is_not_in_the_list() -> None:
    before = {rule["rule"] for rule in Reader().not_evaluated({"u-1": snapshot({"blood_flow": 300.0})})["u-1"]}
    full = {signal.name: 100.0 for signal in signals.CATALOGUE} | {"dialysate_temperature": 36.5}
    after = {rule["rule"] for rule in Reader().not_evaluated({"u-1": snapshot(full)})["u-1"]}
    assert "R18" in before
    assert "R18" not in after


@pytest.mark.parametrize("phase", [Phase.IDL, Phase.PRETX, Phase.POSTTX, Phase.DIS])
def test_outside_of_treatment_a_rule_is_at_rest(phase: Phase) -> None:
    idle = Reader().not_evaluated({"u-1": snapshot({"blood_flow": 0.0}, phase)})["u-1"]
    assert len(idle) > 10
    assert [rule for rule in idle if not rule["at_rest"]] == []


def test_a_rule_that_lacks_its_signal_or_the_phase_is_not_at_rest() -> None:
    treated = Reader().not_evaluated({"u-1": snapshot({"blood_flow": 300.0})})["u-1"]
    unknown = Reader().not_evaluated({"u-1": snapshot({"blood_flow": 300.0}, Phase.UNKNOWN)})["u-1"]
    unreadable = Reader().not_evaluated({"u-1": b""})["u-1"]
    for rules in (treated, unknown, unreadable):
        assert rules
        assert not any(rule["at_rest"] for rule in rules), "it may be in treatment, and nobody looks"


def test_a_state_that_cannot_be_read_is_not_taken_for_health() -> None:
    found = Reader().not_evaluated({"u-1": b"\xc1 not a snapshot"})
    assert len(found["u-1"]) == len(ruleset.load(None).rules)


def test_rules_have_titles_and_one_that_is_gone_keeps_its_id() -> None:
    reader = Reader()
    assert reader.title("R18") not in ("", "R18")
    assert reader.title("R99") == "R99"


def test_every_rule_has_its_title_those_between_treatments_too() -> None:
    reader = Reader()
    assert (reader.title("R13"), reader.title("R25")) == ("Venous pressure high", "Shortened treatment")
    assert reader.title("R99") == "R99"


def test_what_rules_between_treatments_lack_is_marked_as_theirs() -> None:
    reader = Reader()
    assert {"R05", "R24", "R35", "R36"} <= set(reader.between)
    assert between_view("R35", "3 of 20") == {"rule": "R35", "reason": "3 of 20", "at_rest": False, "between": True}
    (seen,) = [rule for rule in reader.not_evaluated({"u-1": b""})["u-1"] if rule["rule"] == "R13"]
    assert seen["between"] is False
