from __future__ import annotations

import pytest

from protocols.events import Alarm
from protocols.hl7_dialysis import alarms
from protocols.hl7_dialysis.alarms import Told, event_name, facet, signal_of
from telemetry.alarms import EVENTS, MachineEvent


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_every_event_is_known_by_number_and_by_name(event: MachineEvent) -> None:
    assert event_name(str(event.code), "MDC_NAMED_SOMEHOW") == event.name
    assert event_name("0", event.name) == event_name("", event.name) == event.name


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("MDC_EVT_LOW", "MDC_EVT_LO"),
        ("MDC_EVT_LO", "MDC_EVT_LO"),
        ("MDC_EVT_HIGH", "MDC_EVT_HI"),
        ("MDC_EVT_HDIALY_ALARM_BLD_PUMP_STOP", "MDC_EVT_HDIALY_BLD_PUMP_STOP"),
    ],
)
def test_the_guide_s_second_names_are_known(reference: str, name: str) -> None:
    assert event_name("0", reference) == name
    assert event_name("196670", reference) == "MDC_EVT_LO", "the number comes first"


def test_what_is_no_event_is_none() -> None:
    assert event_name("158776", "MDC_HDIALY_BLD_PUMP_PRESS_VEN") == ""
    assert event_name("198279", "MDC_EVT_HDIALY_BLOOD_LEAK") == "", "the guide's number for something else"
    assert event_name("", "Doe") == ""


def test_facets_by_number_and_by_name() -> None:
    assert [facet(str(n), "") for n in (68480, 68481, 68482, 68483, 68484, 0)] == [68480, 68481, 68482, 68483, 0, 0]
    assert facet("0", "MDC_ATTR_EVENT_PHASE") == facet("", "MDC_ATTR_EVT_PHASE") == alarms.PHASE
    assert facet("68489", "MDC_ATTR_EVENT_PHASE") == 0


def test_the_source_is_a_signal_of_ours_or_none() -> None:
    assert signal_of("158776", "") == "venous_pressure"
    assert signal_of("69152", "MDC_HDIALY_BLOOD_PUMP_CHAN") == ""
    assert signal_of("158594", "") == "", "a mode has no limits"
    assert signal_of("158776", "MDC_HDIALY_BLD_PRESS_ART") == "", "cannot be told"


@pytest.mark.parametrize(
    ("phase", "state", "ended"),
    [
        ("start", "active", False),
        ("continue", "active", False),
        ("continue", "latched", False),
        ("end", "inactive", True),
        ("end", "active", True),
        ("start", "inactive", False),
        ("", "off", True),
        ("", "inactive", True),
        ("", "active", False),
        ("", "", False),
        ("something", "", False),
        ("something", "off", True),
    ],
)
def test_an_alarm_is_over_only_when_the_machine_says_so(phase: str, state: str, ended: bool) -> None:
    assert Told(phase=phase, state=state).ended is ended


def test_numeric_alarms_have_a_source_others_an_event() -> None:
    high = Told(kind=alarms.HIGH)
    high.name_event("158776", "MDC_HDIALY_BLD_PUMP_PRESS_VEN")
    assert high.alarm() == Alarm("MDC_EVT_HI", 196648, "venous_pressure")
    stop = Told()
    stop.name_event("198242", "MDC_EVT_HDIALY_ALARM_BLD_PUMP_STOP")
    assert stop.alarm() == Alarm("MDC_EVT_HDIALY_BLD_PUMP_STOP", 198242)


def test_an_event_of_nobody_s_is_an_alarm_with_its_number() -> None:
    foreign, other = Told(), Told()
    foreign.name_event("65537000", "MDCACME_JANE_DOE")
    other.name_event("65537001", "")
    assert foreign.alarm() == Alarm("MDC_EVT_ALARM", 196616, "", "machine event 65537000")
    assert foreign.key != other.key
