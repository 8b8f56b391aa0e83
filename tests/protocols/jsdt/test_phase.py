from __future__ import annotations

import pytest

from protocols.jsdt.phase import DerivedPhase
from telemetry.treatment import Phase


def after(*frames: dict[str, float] | str) -> Phase:
    """The phase after frames in order; "alarm" in front of a frame makes one stand in it."""
    derived = DerivedPhase()
    alarm = False
    phase = Phase.UNKNOWN
    for frame in frames:
        if isinstance(frame, str):
            alarm = True
            continue
        phase = derived.update(frame, alarm=alarm)
        alarm = False
    return phase


def frame(flow: float | None, elapsed: float | None, volume: float = 500.0, target: float = 2000.0) -> dict[str, float]:
    values = {"ultrafiltration_volume": volume, "ultrafiltration_target": target}
    if flow is not None:
        values["blood_flow"] = flow
    if elapsed is not None:
        values["treatment_elapsed"] = elapsed
    return values


@pytest.mark.parametrize(
    ("what", "frames", "phase"),
    [
        ("treating, seen from the middle", [frame(300, 115)], Phase.TX),
        ("treating, seen from the start", [frame(200, 0), frame(200, 1)], Phase.TX),
        ("idle", [frame(0, 0), frame(0, 0)], Phase.UNKNOWN),
        ("idle with the last treatment's time on display", [frame(0, 240)], Phase.UNKNOWN),
        ("priming: the pump runs, no treatment time", [frame(150, 0), frame(150, 0)], Phase.UNKNOWN),
        ("nothing measured", [frame(None, None)], Phase.UNKNOWN),
        ("flow without a treatment time", [frame(300, None)], Phase.UNKNOWN),
        ("pump stopped in treatment", [frame(300, 60), frame(0, 60), frame(0, 60)], Phase.TX),
        ("pump stopped, then running again", [frame(300, 60), frame(0, 60), frame(300, 61)], Phase.TX),
        ("a frame without flow or time", [frame(300, 60), frame(None, None)], Phase.TX),
        ("pump stopped with the goal reached", [frame(300, 240, 2000), frame(0, 240, 2000)], Phase.UNKNOWN),
        ("the same with an alarm standing", [frame(300, 240, 2000), "alarm", frame(0, 240, 2000)], Phase.TX),
        ("pump running with the goal reached", [frame(300, 240, 2000)], Phase.TX),
        ("pump stopped, no goal set", [frame(300, 60, 0, 0), frame(0, 60, 0, 0)], Phase.TX),
        ("treatment clock reset", [frame(300, 240), frame(0, 240), frame(0, 0)], Phase.UNKNOWN),
        ("reset and priming again", [frame(300, 240), frame(150, 0)], Phase.UNKNOWN),
        ("reset and the next treatment", [frame(300, 240), frame(150, 0), frame(250, 1)], Phase.TX),
    ],
)
def test_rules_of_the_derived_phase(what: str, frames: list[dict[str, float] | str], phase: Phase) -> None:
    assert after(*frames) is phase, what


def test_nothing_but_treatment_and_unknown_is_ever_claimed() -> None:
    derived = DerivedPhase()
    seen = {
        derived.update(frame(flow, elapsed, volume), alarm=alarm)
        for flow in (0, 200, None)
        for elapsed in (0, 5, 3, None)
        for volume in (0.0, 2500.0)
        for alarm in (False, True)
    }
    assert seen == {Phase.TX, Phase.UNKNOWN}
