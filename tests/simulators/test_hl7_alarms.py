from __future__ import annotations

from itertools import pairwise

import pytest

from simulators import guard
from simulators.hl7_alarms import KEEP_ALIVE_S, REPORTED, AlarmTeller, limits_of
from simulators.machine import Machine
from simulators.scenario import Beginning, build, load_scenario
from telemetry.alarms import EVENT_BY_NAME


def bedside(scenario: str = "steady") -> Machine:
    return build(load_scenario(scenario), 7, Beginning(minute=30.0, onset_s=5.0))


def run(machine: Machine, teller: AlarmTeller, seconds: float) -> list[tuple[float, str, str, str]]:
    told = []
    until = machine.time_s + seconds
    began = machine.time_s
    while machine.time_s < until:
        machine.step(0.5)
        told += [(machine.time_s - began, s.event, s.signal, s.phase) for s in teller.due(machine, machine.time_s)]
    return told


def test_a_steady_machine_has_nothing_to_tell() -> None:
    machine, teller = bedside(), AlarmTeller()
    assert run(machine, teller, 120.0) == []
    assert set(teller.events) == set(REPORTED) <= EVENT_BY_NAME.keys()
    assert not any(teller.events.values())


def test_air_begins_is_kept_alive_and_ends() -> None:
    machine, teller = bedside("air"), AlarmTeller()
    told = [entry for entry in run(machine, teller, 400.0) if entry[1].endswith("VEN_AIR_DETECT")]
    assert told[0][3] == "start" and told[-1][3] == "end"
    between = [entry[0] for entry in told[:-1]]
    assert len(between) > 5
    assert all(b - a == pytest.approx(KEEP_ALIVE_S, abs=0.6) for a, b in pairwise(between))


def test_a_standing_event_is_reported_with_the_readings() -> None:
    machine, teller = bedside("air"), AlarmTeller()
    run(machine, teller, 20.0)
    assert teller.events["MDC_EVT_HDIALY_SAFETY_VEN_AIR_DETECT"]
    assert not teller.events["MDC_EVT_HDIALY_BLOOD_LEAK"]


@pytest.mark.parametrize(
    ("condition", "signal", "value", "event"),
    [
        (guard.VENOUS, "venous_pressure", 390.0, "MDC_EVT_HI"),
        (guard.VENOUS, "venous_pressure", -50.0, "MDC_EVT_LO"),
        (guard.ARTERIAL, "arterial_pressure", -300.0, "MDC_EVT_LO"),
        (guard.TRANSMEMBRANE, "transmembrane_pressure", 400.0, "MDC_EVT_HI"),
        (guard.TEMPERATURE, "dialysate_temperature", 40.0, "MDC_EVT_HI"),
        (guard.CONDUCTIVITY, "dialysate_conductivity", 12.0, "MDC_EVT_LO"),
        (guard.BLOOD_PRESSURE, "systolic", 80.0, "MDC_EVT_LO"),
    ],
)
def test_numeric_alarms_name_source_side_and_limits(condition: str, signal: str, value: float, event: str) -> None:
    machine, teller = bedside(), AlarmTeller()
    machine.step(60.0)
    machine.values[signal] = value
    machine.guard._active[condition] = 0.0
    (said,) = teller.due(machine, 0.0)
    assert (said.event, said.signal, said.value, said.phase) == (event, signal, value, "start")
    assert said.limits == limits_of(machine).get(signal, "")


@pytest.mark.parametrize("condition", [guard.AIR, guard.BLOOD_LEAK, guard.PUMP, guard.DIALYSATE_PRESSURE])
def test_other_alarms_are_events_of_their_own(condition: str) -> None:
    machine, teller = bedside(), AlarmTeller()
    machine.guard._active[condition] = 0.0
    (said,) = teller.due(machine, 0.0)
    assert said.event in REPORTED and said.signal == ""
