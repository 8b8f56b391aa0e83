"""What the machine showed becomes readings and events; a restart neither forgets nor repeats."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge_agent.acquisition import Acquisition, Stamp, agent_event, clean
from protocols.events import Alarm, Observation
from telemetry import signals, wire
from telemetry.messages import Event, EventKind, Flag, Lane, MachineLink, Reading
from telemetry.treatment import Phase

AT = Stamp(1_000_000, 5, synchronised=True)
AIR = Alarm("MDC_EVT_HDIALY_SAFETY_VEN_AIR_DETECT", 198262)
HIGH = Alarm("MDC_EVT_HI", 196648, "venous_pressure", "h")
LOW = Alarm("MDC_EVT_LO", 196670, "arterial_pressure")
SEEN = Observation(0, {"venous_pressure": 140.0}, {}, frozenset(), Phase.TX, True, {})


def split(records: list[Any]) -> tuple[list[Event], Reading]:
    *events, reading = records
    assert isinstance(reading, Reading)
    return events, reading


def told(records: list[Any]) -> list[tuple[str, str, bool]]:
    return [(e.name, e.signal, e.active) for e in records if isinstance(e, Event) and e.kind is EventKind.ALARM]


def test_a_reading_carries_values_time_and_flags() -> None:
    _, reading = split(Acquisition().observed(SEEN, AT))
    assert reading.values == {signals.BY_NAME["venous_pressure"].number: 140.0}
    assert (reading.time_us, reading.mono_ms, reading.phase) == (1_000_000, 5, Phase.TX)
    assert reading.flags == Flag.CLOCK_SYNCHRONISED | Flag.PHASE_DERIVED
    _, unsure = split(Acquisition().observed(replace(SEEN, phase_derived=False), replace(AT, synchronised=False)))
    assert unsure.flags == 0


def test_an_alarm_is_told_when_it_begins_and_when_it_ends_and_not_in_between() -> None:
    acquisition = Acquisition()
    assert told(acquisition.observed(SEEN, AT)) == []
    both = replace(SEEN, alarms=frozenset({AIR, HIGH}))
    assert told(acquisition.observed(both, AT)) == [(AIR.name, "", True), (HIGH.name, HIGH.signal, True)]
    assert told(acquisition.observed(both, AT)) == []
    reworded = replace(SEEN, alarms=frozenset({AIR, replace(HIGH, text="h2")}))
    assert told(acquisition.observed(reworded, AT)) == [], "other words are no other alarm"
    other = replace(SEEN, alarms=frozenset({AIR, LOW}))
    assert told(acquisition.observed(other, AT)) == [(HIGH.name, HIGH.signal, False), (LOW.name, LOW.signal, True)]
    assert len(told(acquisition.observed(SEEN, AT))) == 2


def test_an_alarm_event_says_what_the_machine_said() -> None:
    events, _ = split(Acquisition().observed(replace(SEEN, alarms=frozenset({HIGH})), AT))
    alarm = events[-1]
    assert (alarm.kind, alarm.code, alarm.signal, alarm.text) == (EventKind.ALARM, 196648, "venous_pressure", "h")
    assert (alarm.time_us, alarm.mono_ms) == (AT.time_us, AT.mono_ms)


def test_a_phase_is_told_when_it_changes() -> None:
    acquisition = Acquisition()

    def phases(phase: Phase | None) -> list[str]:
        events, reading = split(acquisition.observed(replace(SEEN, phase=phase), AT))
        assert reading.phase == (phase or Phase.UNKNOWN)
        return [e.text for e in events if e.kind is EventKind.PHASE]

    steps = [phases(p) for p in (Phase.PRETX, Phase.PRETX, Phase.TX, None, Phase.TX)]
    assert steps == [["PRETX"], [], ["TX"], ["UNKNOWN"], ["TX"]]


def test_an_implausible_value_is_marked_told_once_and_told_again_when_it_is_over() -> None:
    acquisition = Acquisition()
    bad = replace(SEEN, values={}, invalid={"venous_pressure": "9\x1b999"})
    events, reading = split(acquisition.observed(bad, AT))
    begun = [e for e in events if e.kind is EventKind.INVALID]
    assert [(e.signal, e.text, e.active) for e in begun] == [("venous_pressure", "9?999", True)]
    assert reading.invalid == 1 << 3 and reading.values == {}
    assert not [e for e in split(acquisition.observed(bad, AT))[0] if e.kind is EventKind.INVALID]
    ended = [e for e in split(acquisition.observed(SEEN, AT))[0] if e.kind is EventKind.INVALID]
    assert [(e.signal, e.active) for e in ended] == [("venous_pressure", False)]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e300])
def test_a_number_that_is_none_is_never_a_value(value: float) -> None:
    _, reading = split(Acquisition().observed(replace(SEEN, values={"heparin_total": value}), AT))
    assert reading.values == {} and reading.invalid == 1 << signals.BY_NAME["heparin_total"].number


def test_extras_are_sent_when_they_change() -> None:
    acquisition = Acquisition()

    def extras(**given: str) -> dict[str, str]:
        return split(acquisition.observed(replace(SEEN, extras=given), AT))[1].extras

    assert extras(a="1", b="2") == {"a": "1", "b": "2"}
    assert extras(a="1", b="2") == {}
    assert extras(a="1", b="3\n") == {"b": "3?"}


def test_every_record_can_be_sent() -> None:
    nasty = replace(
        SEEN,
        alarms=frozenset({replace(AIR, text="\u202eevil\n" * 100)}),
        invalid={"blood_flow": "\x00\ud800" * 300},
        extras={"k\n": "\x07" * 500},
    )
    records = Acquisition().observed(nasty, AT)
    batch = wire.build_batch(
        unit="u1", epoch="0" * 16, boot="b", sent_us=1, lane=Lane.LIVE,
        readings=[r for r in records if isinstance(r, Reading)],
        events=[],
    )  # fmt: skip
    wire.decode_batch(wire.encode_batch(batch))
    for n, record in enumerate(r for r in records if isinstance(r, Event)):
        single = wire.build_batch(
            unit="u1", epoch="0" * 16, boot="b", sent_us=n, lane=Lane.LIVE, readings=[], events=[record]
        )
        wire.decode_batch(wire.encode_batch(single))


def test_links_troubles_are_told_one_after_the_other() -> None:
    acquisition = Acquisition()

    def link(state: MachineLink) -> list[tuple[str, bool]]:
        return [(e.name, e.active) for e in acquisition.link(state, AT) if isinstance(e, Event)]

    assert link(MachineLink.CONNECTED) == []
    assert link(MachineLink.SILENT) == [("silent", True)]
    assert link(MachineLink.SILENT) == []
    assert link(MachineLink.DISCONNECTED) == [("silent", False), ("disconnected", True)]
    assert link(MachineLink.CONNECTED) == [("disconnected", False)]


def test_a_restart_neither_forgets_nor_repeats() -> None:
    before = Acquisition()
    before.observed(replace(SEEN, alarms=frozenset({AIR, HIGH}), invalid={"blood_flow": "x"}), AT)
    before.link(MachineLink.SILENT, AT)
    after = Acquisition(before.memory())
    events, _ = split(after.observed(replace(SEEN, alarms=frozenset({AIR})), AT))
    assert [(e.kind, e.name, e.active) for e in events] == [
        (EventKind.ALARM, HIGH.name, False),
        (EventKind.INVALID, "implausible", False),
    ], "what ended meanwhile is ended, what stands is not announced again"
    assert [e.name for e in after.link(MachineLink.CONNECTED, AT) if isinstance(e, Event)] == ["silent"]


@pytest.mark.parametrize("memory", [None, b"", b"rubbish", b"\x91\x01"])
def test_without_a_memory_standing_alarms_are_announced(memory: bytes | None) -> None:
    records = Acquisition(memory).observed(replace(SEEN, alarms=frozenset({AIR})), AT)
    assert told(records) == [(AIR.name, "", True)]


def test_agent_events_and_clean_text() -> None:
    event = agent_event("agent started", "version\n1", AT)
    assert (event.kind, event.name, event.text, event.active) == (EventKind.AGENT, "agent started", "version?1", True)
    assert clean("x" * 500) == "x" * wire.MAX_TEXT
