"""Which machine alarms stand, in any order of news."""

from __future__ import annotations

import pytest

from alerts.engine import Engine
from telemetry.alarms import EVENTS, SAFETY, FindingState, Priority
from telemetry.messages import Event, EventKind
from tests.alerts.building import RULES, alarm, finding_of, one, state_of


def ward(*events: Event) -> Engine:
    engine = Engine(RULES, 1)
    engine.register("u0")
    engine.evaluate(one(0, 100, events=[(0, event) for event in events]))
    return engine


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: e.name)
def test_safety_alarms_are_high_and_the_rest_medium(event: object) -> None:
    name = event.name  # type: ignore[attr-defined]
    engine = ward(Event(0, 0, 0, 0, EventKind.ALARM, name, 0, True))
    assert state_of(engine, 0, "R22") == (FindingState.PENDING, Priority.HIGH if name in SAFETY else Priority.MEDIUM)


@pytest.mark.parametrize("name", ["SAFETY_ART_AIR_DETECT", "SAFETY_VEN_AIR_DETECT"])
def test_air_is_air_on_either_side(name: str) -> None:
    assert state_of(ward(alarm(100, name)), 0, "R20") == (FindingState.ACTIVE, Priority.HIGH)


def test_news_older_than_what_is_known_changes_nothing() -> None:
    engine = ward(alarm(50, "BLOOD_LEAK"), alarm(40, "BLOOD_LEAK", active=False))
    assert state_of(engine, 0, "R19")[0] is FindingState.ACTIVE
    engine = ward(alarm(50, "BLOOD_LEAK", active=False), alarm(40, "BLOOD_LEAK"))
    assert state_of(engine, 0, "R19")[0] is FindingState.NORMAL


def test_begun_and_ended_in_the_same_moment_is_over() -> None:
    assert (
        state_of(ward(alarm(50, "BLOOD_LEAK"), alarm(50, "BLOOD_LEAK", active=False)), 0, "R19")[0]
        is FindingState.NORMAL
    )


def test_more_different_alarms_than_any_machine_has_are_not_kept() -> None:
    flood = [alarm(1, f"X{n}") for n in range(1000)]
    engine = ward(*flood)
    assert state_of(engine, 0, "R22")[0] is FindingState.PENDING
    assert len(engine.snapshot(0)) < 10_000


def test_it_says_which_and_for_how_long() -> None:
    engine = ward(alarm(40, "BLOOD_LEAK"), alarm(50, "BLD_PUMP_STOP"))
    assert finding_of(engine, 0, "R19").reason == "Machine alarm: Blood leak, standing for 60 s"
    assert finding_of(engine, 0, "R22").reason.startswith("Machine alarm: Blood leak and Blood pump stopped, standing")


@pytest.mark.parametrize(
    ("name", "signal", "text", "said"),
    [
        ("MDC_EVT_ALARM", "", "Blood pressure", "Blood pressure"),
        ("MDC_EVT_ALARM", "dialysate_temperature", "", "Dialysate temperature"),
        ("MDC_EVT_ALARM", "", "", "Alarm"),
        ("MDC_EVT_LO", "arterial_pressure", "", "Arterial pressure below the machine's limit"),
        ("MDC_EVT_LO", "", "", "Below the machine's limit"),
        ("MDC_EVT_NOBODY_KNOWS", "venous_pressure", "x", "MDC_EVT_NOBODY_KNOWS"),
    ],
)
def test_an_alarm_is_called_what_a_nurse_calls_it(name: str, signal: str, text: str, said: str) -> None:
    engine = ward(Event(0, 50_000_000, 0, 0, EventKind.ALARM, name, 0, True, signal, text))
    assert finding_of(engine, 0, "R22").reason.startswith(f"Machine alarm: {said}, standing for 50 s")
    again = Engine(RULES, 1)
    again.register("u0")
    again.restore(0, engine.snapshot(0))
    assert finding_of(again, 0, "R22").reason == finding_of(engine, 0, "R22").reason


def test_an_alarm_that_has_just_begun_stands_for_no_time() -> None:
    assert finding_of(ward(alarm(100, "BLOOD_LEAK")), 0, "R19").reason == "Machine alarm: Blood leak"
