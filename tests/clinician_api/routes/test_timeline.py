"""One time line over HTTP: what happened to the patient a unit serves, and to nobody else.

Of `clinician_api.treatments` this tries past_data and timeline_models, too.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from clinician_api.access import MAY, Action, Role
from store import alert_log, machine_events, patients, pool, registry
from store.alert_log import AlertEventRow
from store.machine_events import EventRow
from telemetry.alarms import ConditionState, Priority
from telemetry.messages import Event, EventKind
from tests.clinician_api.conftest import Api, problem, until
from tests.clinician_api.routes.test_history import START
from tests.clinician_api.routes.test_treatments import bind

MINUTE_US = 60_000_000
START_US = int(START.timestamp() * 1e6)
STATES = {True: ConditionState.ACTIVE_UNACKNOWLEDGED, False: ConditionState.NORMAL}


def at(minute: float) -> int:
    return START_US + int(minute * MINUTE_US)


def add_alert(api: Api, unit: registry.Unit, rule: str, *steps: tuple[float, bool]) -> str:
    """(minute after START, whether its cause stands)"""
    with api.database() as conn, pool.transaction(conn):
        number = alert_log.reserve_ids(conn, 1)[0]
        for minute, active in steps:
            row = AlertEventRow(
                number, unit.unit_id, rule, "1.0.0", Priority.MEDIUM, STATES[active], at(minute), "pressure high",
                {"venous_pressure": 260.0}, {"limit": 250.0},
            )  # fmt: skip
            alert_log.append(conn, [row], at(minute))
    return str(number)


def add_alarm(api: Api, unit: registry.Unit, minute: float, active: bool, name: str = "venous_pressure_high") -> None:
    event = Event(int(minute * 60) + 1, at(minute), 0, 1, EventKind.ALARM, name, 0, active)
    with api.database() as conn:
        machine_events.add_events(conn, [EventRow(unit.unit_id, "0123456789abcdef", at(minute), event)])


def ask(api: Api, unit: str = "u-1", role: Role = Role.NURSE, clinic: int = 1, **change: Any) -> Any:
    api.refresh()
    span = {"start": START.isoformat(), "end": (START + timedelta(hours=4)).isoformat(), **change}
    return api.sign_in(role, clinic).get(f"/api/units/{unit}/timeline", params=span)


def minutes(told: dict[str, Any]) -> tuple[float, float | None]:
    since, until = (None if told[key] is None else datetime.fromisoformat(told[key]) for key in ("since", "until"))
    assert since is not None
    return (since - START).total_seconds() / 60, None if until is None else (until - START).total_seconds() / 60


def test_alerts_alarms_and_notes_stand_where_they_were(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    bind(api, unit, "Ada Example", 1, at(-600))
    over, stands = add_alert(api, unit, "R13", (10, True), (15, False)), add_alert(api, unit, "R14", (200, True))
    add_alert(api, unit, "R07", (-90, True), (-80, False))  # before the span
    add_alert(api, unit, "R07", (250, True))  # after it
    into = add_alert(api, unit, "R15", (-5, True), (5, False))
    steps = ((-60, True), (-50, False), (-3, True), (2, False), (20, True), (21, True))
    for minute, active in steps:
        add_alarm(api, unit, minute, active, "air_detected" if minute in (-60, -50) else "venous_pressure_high")
    with api.database() as conn:
        conn.execute(
            "INSERT INTO patient_event (patient_id, kind, starts_at, ends_at, text, entered_at) VALUES "
            "(1, 'symptom', from_us(%s), NULL, 'dizzy', from_us(%s)), "
            "(1, 'call', from_us(%s), from_us(%s), 'x', now())",
            (at(30), at(31), at(12), at(14)),
        )
    answer = ask(api)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["patient_id"], told["more"]) == ("1", False)
    assert [one["alert"]["alert_id"] for one in told["alerts"]] == [into, over, stands]
    spans = [minutes({"since": one["alert"]["since"], "until": one["until"]}) for one in told["alerts"]]
    assert spans == [(-5, 5), (10, 15), (200, None)]
    assert [(one["name"], minutes(one)) for one in told["alarms"]] == [
        ("venous_pressure_high", (-3, 2)), ("venous_pressure_high", (20, None)),
    ]  # fmt: skip
    assert [(one["kind"], one["text"], one["author"]) for one in told["events"]] == [
        ("call", "x", None), ("symptom", "dizzy", None),
    ]  # fmt: skip


def test_of_the_patient_before_nothing_is_told(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    bind(api, unit, "Bo Before", 1, at(-600))
    add_alert(api, unit, "R13", (10, True), (15, False))
    add_alarm(api, unit, 10, True)
    bind(api, unit, "Ada Example", 1, at(60))
    mine = add_alert(api, unit, "R13", (70, True), (75, False))
    told = ask(api).json()
    assert [one["alert"]["alert_id"] for one in told["alerts"]] == [mine]
    assert told["alarms"] == []


def test_of_another_unit_that_served_the_patient_it_is(api: Api) -> None:
    old, new = api.add_unit("u-0", "Clinic 1"), api.add_unit("u-1", "Clinic 1")
    patient = bind(api, old, "Ada Example", 1, at(-600))
    mine = add_alert(api, old, "R13", (10, True), (15, False))
    with api.database() as conn:
        patients.bind(conn, new.unit_id, patient, at(60))
    assert [one["alert"]["alert_id"] for one in ask(api).json()["alerts"]] == [mine]


def test_a_unit_that_serves_nobody_tells_nothing_and_questions_have_bounds(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    add_alert(api, unit, "R13", (10, True))
    told = ask(api).json()
    assert (told["patient_id"], told["alerts"]) == (None, [])
    for end in (START, START + timedelta(days=4)):
        assert problem(ask(api, end=end.isoformat()))["status"] == 422


def test_who_may(api: Api) -> None:
    api.add_unit("u-1", "Clinic 1", "Ada Example")
    assert problem(ask(api, clinic=2))["status"] == 404
    assert problem(ask(api, role=Role.KIOSK))["status"] == 403
    # What is told here needs no more than the past: whoever sees that sees the others, too.
    for may in MAY.values():
        assert Action.SEE_HISTORY not in may or {Action.SEE_ALERTS, Action.SEE_TREATMENTS, Action.SEE_PATIENTS} <= may
    assert ask(api).status_code == 200
    with api.database() as conn:

        def looked() -> bool:
            found = conn.execute("SELECT action FROM audit_event WHERE subject = 'patient:1'").fetchall()
            return {("look at alerts",), ("look at notes",)} <= set(found)

        until(looked)
