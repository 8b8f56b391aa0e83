"""Nothing is cut in silence: a list that ends where something else than its own cursor ends it says so."""

from __future__ import annotations

from typing import Any

import pytest

from clinician_api.access import Role
from store import break_glass, patients
from telemetry.alarms import ConditionState
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import Api
from tests.clinician_api.notified import Notifier


def test_recent_alerts_and_notices_say_when_there_are_more(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    unit = api.add_unit("u-1", "Clinic 1", "Patient 1")
    ids = [api.raise_alert(unit) for _ in range(3)]
    api.raise_alert(unit, ConditionState.NORMAL, alert_id=int(ids[0]))
    Notifier(api).settle()
    client = api.sign_in()

    def found(path: str, name: str) -> tuple[int, bool]:
        answer = client.get(path).json()
        return len(answer[name]), answer["beyond"]

    assert found("/api/alerts?state=recent", "alerts") == (3, False)
    notices, _ = found("/api/notices?state=recent", "notices")
    assert notices > 0
    for module in ("clinician_api.data", "clinician_api.alerting.notice_data"):
        monkeypatch.setattr(f"{module}.RECENT_LIMIT", 2)
    assert found("/api/alerts?state=recent", "alerts") == (2, True)
    assert found("/api/alerts", "alerts")[1] is False, "what is open is never cut"
    monkeypatch.setattr("clinician_api.alerting.notice_data.RECENT_LIMIT", notices - 1)
    assert found("/api/notices?state=recent", "notices") == (notices - 1, True)


def test_a_unit_s_bindings_and_free_patients_say_when_there_are_more(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    unit = api.add_unit("u-1", "Clinic 1", "Patient 1")
    with api.database() as conn:
        for number in (2, 3):
            patients.add_patient(conn, f"Patient {number}", unit.clinic_id, patients.Prescription())
        now_us = SystemClock().now_us()
        patients.unbind(conn, unit.unit_id, now_us)
        patients.bind(conn, unit.unit_id, 2, now_us + 1)
    admin = api.sign_in(Role.ADMINISTRATOR)

    def found() -> list[Any]:
        answer = admin.get("/api/administration/units/u-1").json()
        return [len(answer["bindings"]), answer["bindings_beyond"], len(answer["free_patients"]), answer["free_beyond"]]

    assert found() == [2, False, 2, False]
    for module in ("store.unit_admin", "clinician_api.routes.unit_admin"):
        monkeypatch.setattr(f"{module}.MOST", 1)
    assert found() == [1, True, 1, True]


def test_opened_access_says_when_there_is_more(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.add_unit("u-1", "Clinic 1", "Patient 1")
    api.account(Role.NURSE, 1)
    now_us = SystemClock().now_us()
    with api.database() as conn:
        (nurse,) = conn.execute("SELECT user_id FROM user_account").fetchall()[0]
        for _ in range(2):
            break_glass.open_glass(conn, nurse, 1, "for the test", now_us, now_us + 1)
    admin = api.sign_in(Role.ADMINISTRATOR)
    answer = admin.get("/api/break-glass").json()
    assert (len(answer["glasses"]), answer["beyond"]) == (2, False)
    monkeypatch.setattr(break_glass, "MOST", 1)
    answer = admin.get("/api/break-glass").json()
    assert (len(answer["glasses"]), answer["beyond"]) == (1, True)
