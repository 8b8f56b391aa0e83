"""A machine that sends again what was not acknowledged, and that tells of its alarms one by one: across a restart."""

from __future__ import annotations

from edge_agent.acquisition import MESSAGES_KNOWN, Acquisition, Stamp
from protocols.events import Alarm, Observation
from telemetry.messages import Event, EventKind, Reading
from telemetry.treatment import Phase

AT = Stamp(1_700_000_000_000_000, 1000, True)
LEAK = Alarm("MDC_EVT_HDIALY_BLOOD_LEAK", 198244)
HIGH = Alarm("MDC_EVT_HI", 196648, "venous_pressure")


def seen(
    message: str, *alarms: Alarm, ended: frozenset[Alarm] | None = None, venous: float = 140.0
) -> Observation:  # fmt: skip
    values = {"venous_pressure": venous}
    return Observation(0, values, {}, frozenset(alarms), Phase.TX, False, {}, message=message, ended=ended)


def alarm_events(records: list[Reading | Event]) -> list[tuple[str, bool]]:
    return [(r.name, r.active) for r in records if isinstance(r, Event) and r.kind is EventKind.ALARM]


def test_a_message_that_comes_again_is_kept_once() -> None:
    acquisition = Acquisition()
    assert acquisition.observed(seen("a"), AT)
    assert acquisition.observed(seen("a"), AT) == []
    assert acquisition.observed(seen("b"), AT)
    assert acquisition.observed(seen("a"), AT) == []


def test_it_is_known_after_a_restart_exactly_when_its_rows_were_kept() -> None:
    first = Acquisition()
    before = first.memory()
    first.observed(seen("a"), AT)
    after = first.memory()
    assert Acquisition(after).observed(seen("a"), AT) == []
    assert Acquisition(before).observed(seen("a"), AT), "its rows were lost with the power, so it is taken"


def test_without_a_mark_the_same_frame_is_a_new_reading() -> None:
    acquisition = Acquisition()
    assert acquisition.observed(seen(""), AT)
    assert acquisition.observed(seen(""), AT)


def test_what_is_remembered_is_bounded() -> None:
    acquisition = Acquisition()
    for number in range(MESSAGES_KNOWN + 1):
        acquisition.observed(seen(f"{number:016x}"), AT)
    size = len(acquisition.memory())
    acquisition.observed(seen("f" * 16), AT)
    assert len(acquisition.memory()) == size
    assert acquisition.observed(seen(f"{1:016x}"), AT), "long ago"


def test_an_alarm_of_before_the_restart_stands_until_it_is_known_to_have_ended() -> None:
    first = Acquisition()
    assert alarm_events(first.observed(seen("a", LEAK, HIGH), AT)) == [(LEAK.name, True), (HIGH.name, True)]
    second = Acquisition(first.memory())
    assert alarm_events(second.observed(seen("b", ended=frozenset()), AT)) == [], "not heard of yet"
    assert alarm_events(second.observed(seen("c", LEAK, ended=frozenset()), AT)) == [], "stands on"
    assert alarm_events(second.observed(seen("d", LEAK, ended=frozenset({HIGH})), AT)) == [(HIGH.name, False)]
    assert alarm_events(second.observed(seen("e", LEAK), AT)) == []
    assert alarm_events(second.observed(seen("f"), AT)) == [(LEAK.name, False)], "everything that stands is known now"


def test_an_alarm_whose_end_nobody_heard_ends_when_the_set_is_complete() -> None:
    first = Acquisition()
    first.observed(seen("a", LEAK), AT)
    second = Acquisition(first.memory())
    second.observed(seen("b", ended=frozenset()), AT)
    assert alarm_events(second.observed(seen("c"), AT)) == [(LEAK.name, False)]
