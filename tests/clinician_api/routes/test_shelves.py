"""Setting aside: it takes a role and a reason, lasts a bounded time, and is shown to everybody with whose it was."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from clinician_api.access import Role
from clinician_api.live.unsaved import Saving
from telemetry.alarms import ConditionState, Priority
from tests.clinician_api.builders import NOW, unsaved_alert
from tests.clinician_api.conftest import Api
from tests.clinician_api.notified import Notifier

WELL: dict[str, Any] = {"kind": "timed", "minutes": 10, "reason": "cuff is being changed"}


def test_what_is_set_aside_is_shown_everywhere_and_asks_nobody(api: Api) -> None:
    notifier = Notifier(api)
    alert_id = api.raise_alert(api.add_unit("u-1", "Clinic 1"))
    notifier.settle()
    other = api.open_socket(api.sign_in(name="Bo"))
    other.subscribe()
    nora = api.sign_in(Role.NURSE, name="Nora")
    alert = nora.post(f"/api/alerts/{alert_id}/shelve", json=WELL).json()["alert"]
    assert (alert["shelved_by"], alert["shelved_reason"]) == ("Nora", "cuff is being changed")
    told = other.next("alert", where=lambda m: m["alert"]["shelved_until"] is not None)["alert"]
    assert (told["shelved_until"], told["state"]) == (alert["shelved_until"], "active, unacknowledged")
    notifier.settle()
    told = other.next("alert", where=lambda m: m["alert"]["answer"]["state"] == "nobody")["alert"]
    assert (told["answer"]["stage"], told["answer"]["told"]) == ("shelved", "set aside for a while")
    for _ in range(2):  # a second time changes nothing
        assert nora.delete(f"/api/alerts/{alert_id}/shelve").status_code == 204
    assert other.next("alert", where=lambda m: m["alert"]["shelved_until"] is None)["alert"]["shelved_by"] is None
    notifier.settle()
    other.next("alert", where=lambda m: m["alert"]["answer"]["state"] == "asking")
    assert notifier.api.deeds("action", "detail ->> 'outcome'") == [
        ("shelve alert", "done"), ("unshelve alert", "done"), ("unshelve alert", "nothing is set aside"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({**WELL, "minutes": 16}, "body.minutes"),
        ({**WELL, "minutes": 0}, "body.minutes"),
        ({**WELL, "minutes": None}, "body.minutes"),
        ({**WELL, "minutes": -5}, "body.minutes"),
        ({**WELL, "reason": " ok "}, "body.reason"),
        ({"kind": "one-shot", "reason": "known to us"}, "body.kind"),
        ({**WELL, "kind": "for ever"}, "body.kind"),
        ({**WELL, "reason": "x" * 501}, "body.reason"),
        ({"kind": "timed", "minutes": 5}, "body.reason"),
    ],
)
def test_a_high_one_takes_a_reason_and_few_minutes(api: Api, body: dict[str, Any], where: str) -> None:
    alert_id = api.raise_alert(api.add_unit("u-1", "Clinic 1"))
    client = api.sign_in()
    refused = client.post(f"/api/alerts/{alert_id}/shelve", json=body)
    assert (refused.status_code, refused.json()["where"]) == (422, where), refused.text
    assert client.get(f"/api/alerts/{alert_id}").json()["alert"]["shelved_until"] is None


def test_a_lesser_one_may_wait_until_it_is_over(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    alert_id = api.raise_alert(unit, priority=Priority.MEDIUM)
    client = api.sign_in()
    body = {"kind": "one-shot", "reason": "known to us"}
    alert = client.post(f"/api/alerts/{alert_id}/shelve", json=body).json()["alert"]
    lasts = datetime.fromisoformat(alert["shelved_until"]) - datetime.fromisoformat(alert["changed_at"])
    assert timedelta(hours=1.9) < lasts < timedelta(hours=2.1)
    # A rise in priority ends it, also before the notifier has written that down.
    api.raise_alert(unit, alert_id=int(alert_id), priority=Priority.HIGH)
    assert client.get(f"/api/alerts/{alert_id}").json()["alert"]["shelved_until"] is None


def test_time_ends_it_also_where_nobody_writes_that_down(api: Api) -> None:
    alert_id = api.raise_alert(api.add_unit("u-1", "Clinic 1"))
    client = api.sign_in()
    alert = client.post(f"/api/alerts/{alert_id}/shelve", json={**WELL, "minutes": 0.0001}).json()["alert"]
    assert alert["unsaved"] is False
    later = client.get(f"/api/alerts/{alert_id}").json()["alert"]
    assert (later["shelved_until"], later["shelved_by"], later["shelved_reason"]) == (None, None, None)


def test_who_may_not_and_what_is_not_there(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    alert_id = api.raise_alert(unit)
    for role in (Role.ADMINISTRATOR, Role.TECHNICIAN, Role.OPERATIONS, Role.PATIENT):
        client = api.sign_in(role)
        assert client.post(f"/api/alerts/{alert_id}/shelve", json=WELL).status_code == 403
        assert client.delete(f"/api/alerts/{alert_id}/shelve").status_code == 403
    stranger = api.sign_in(clinic=2)
    assert stranger.post(f"/api/alerts/{alert_id}/shelve", json=WELL).status_code == 404
    assert stranger.delete(f"/api/alerts/{alert_id}/shelve").status_code == 404
    client = api.sign_in()
    assert client.post("/api/alerts/999/shelve", json=WELL).status_code == 404
    api.raise_alert(unit, ConditionState.NORMAL, alert_id=int(alert_id))
    ended = client.post(f"/api/alerts/{alert_id}/shelve", json=WELL)
    assert (ended.status_code, ended.json()["what"]) == (409, "alert has ended")
    assert Notifier(api).rows("SELECT count(*) FROM shelving_event") == [(0,)]


def test_what_is_not_saved_cannot_be_set_aside(api: Api) -> None:
    api.add_unit("u-1", "Clinic 1")
    found = [unsaved_alert("u-1", "R10")]
    api.do(lambda services: services.room.put_saving(5, Saving(NOW, NOW, found), str, services.clock.monotonic_s()))
    client = api.sign_in()
    (alert,) = client.get("/api/alerts").json()["alerts"]
    assert (alert["answer"], alert["shelved_until"]) == (None, None)
    assert client.post(f"/api/alerts/{alert['alert_id']}/shelve", json=WELL).status_code == 503
    assert client.delete(f"/api/alerts/{alert['alert_id']}/shelve").status_code == 503
