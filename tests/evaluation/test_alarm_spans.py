"""Machine alarms as stretches: said twice is once, and one that stood at the end did not end."""

from __future__ import annotations

from evaluation.alarm_spans import AlarmSpan, MachineAlarms, machine_alarms
from store.sign_offs import AlarmOf

LEAK, HIGH = "MDC_EVT_HDIALY_BLOOD_LEAK", "MDC_EVT_HDIALY_BLD_PRESS_VEN_HI"
S = 1_000_000


def test_stretches() -> None:
    events = [
        AlarmOf(1 * S, HIGH, "", False),  # ended before anything was heard of its beginning
        AlarmOf(2 * S, LEAK, "", True),
        AlarmOf(3 * S, LEAK, "", True),
        AlarmOf(4 * S, HIGH, "venous_pressure", True),
        AlarmOf(9 * S, LEAK, "", False),
    ]
    found = machine_alarms(events, 20 * S)
    assert found == [
        AlarmSpan(LEAK, "", 2 * S, 9 * S, ended=True),
        AlarmSpan(HIGH, "venous_pressure", 4 * S, 20 * S, ended=False),
    ]
    alarms = MachineAlarms(found)
    assert (alarms.count, alarms.safety_s, alarms.other_s) == (2, 7.0, 16.0)


def test_none() -> None:
    alarms = MachineAlarms(machine_alarms([], 20 * S))
    assert (alarms.count, alarms.safety_s, alarms.other_s) == (0, 0.0, 0.0)
