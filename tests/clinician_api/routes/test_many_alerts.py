"""Many low alerts with one press: each has its outcome, and nothing that is more than low is ever answered so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from alerts.escalation import People
from clinician_api.access import Role
from clinician_api.live.unsaved import Saving
from evaluation.answering import Bulk
from store.errors import StoreError, Trouble
from telemetry.alarms import ConditionState, Priority
from tests.clinician_api.builders import NOW, unsaved_alert
from tests.clinician_api.conftest import Api, problem
from tests.clinician_api.notified import Notifier

WAY = "/api/low-alerts/acknowledge"


def outcomes(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {one["alert_id"]: one["outcome"] for one in answer.json()["outcomes"]}


def test_each_has_its_outcome_and_asking_again_changes_nothing(api: Api) -> None:
    unit, other = api.add_unit("u-1", "Clinic 1"), api.add_unit("u-2", "Clinic 2")
    low, second = (api.raise_alert(unit, priority=Priority.LOW) for _ in range(2))
    over = api.raise_alert(unit, priority=Priority.LOW)
    api.raise_alert(unit, ConditionState.NORMAL, int(over), priority=Priority.LOW)
    medium, high = (api.raise_alert(unit, priority=priority) for priority in (Priority.MEDIUM, Priority.HIGH))
    theirs = api.raise_alert(other, priority=Priority.LOW)
    api.do(lambda s: s.room.put_saving(0, Saving(NOW, NOW, [unsaved_alert("u-1", "R10")]), str, s.clock.monotonic_s()))
    client, asked = api.sign_in(Role.NURSE, name="Nora"), [low, second, low, over, medium, high, theirs, "999", "x-1"]
    answer = client.post(WAY, json={"alert_ids": [*asked, "unsaved-u-1-R10"], "note": "read"})
    assert outcomes(answer) == {
        low: "acknowledged", second: "acknowledged", over: "over", medium: "not low", high: "not low",
        theirs: "unknown", "999": "unknown", "x-1": "unknown", "unsaved-u-1-R10": "not recorded",
    }  # fmt: skip
    assert answer.json()["done"] == 2
    again = client.post(WAY, json={"alert_ids": [low, second]})
    assert outcomes(again) == dict.fromkeys((low, second), "already acknowledged")
    with api.database() as conn:
        rows = conn.execute("SELECT alert_id, acknowledged_by IS NOT NULL FROM alert ORDER BY alert_id").fetchall()
        assert [str(number) for number, done in rows if done] == [low, second]
        deeds = conn.execute(
            "SELECT subject, detail ->> 'outcome' FROM audit_event WHERE action = 'acknowledge alert' ORDER BY event_id"
        ).fetchall()
    assert deeds[:2] == [(f"alert:{low}", "acknowledged"), (f"alert:{second}", "acknowledged")]
    assert (f"alert:{high}", "not low") in deeds
    assert (f"alert:{theirs}", "unknown") not in deeds


def test_a_low_alert_told_together_with_a_high_one_does_not_call_anybody_off(api: Api) -> None:
    notifier, unit = Notifier(api), api.add_unit("u-1", "Clinic 1")
    notifier.people = People((notifier.user("Ann"),))
    low = api.raise_alert(unit, priority=Priority.LOW)
    notifier.settle()
    high = api.raise_alert(unit)
    notifier.settle()
    assert notifier.rows("SELECT count(*), max(state) FROM notice") == [(1, "asking")]
    client = api.sign_in(Role.NURSE)
    assert outcomes(client.post(WAY, json={"alert_ids": [low]})) == {low: "not low"}
    assert notifier.rows("SELECT state FROM notice") == [("asking",)]
    # Once somebody has accepted nobody is called off any more.
    assert client.post(f"/api/alerts/{high}/acknowledge", json={}).status_code == 200
    assert outcomes(client.post(WAY, json={"alert_ids": [low]}))[low] in ("acknowledged", "already acknowledged")


def test_of_several_at_once_each_alert_is_acknowledged_once(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    alerts = [api.raise_alert(unit, priority=Priority.LOW) for _ in range(6)]
    clients = [api.sign_in(Role.NURSE, name=f"P{n}") for n in range(3)]
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda c: outcomes(c.post(WAY, json={"alert_ids": alerts})), clients))
    for alert in alerts:
        assert sorted(answer[alert] for answer in answers) == ["acknowledged", *["already acknowledged"] * 2]


def test_who_may_not_and_what_is_no_list(api: Api) -> None:
    alert = api.raise_alert(api.add_unit("u-1", "Clinic 1"), priority=Priority.LOW)
    assert api.sign_in(Role.ADMINISTRATOR).post(WAY, json={"alert_ids": [alert]}).status_code == 403
    nurse = api.sign_in(Role.NURSE)
    for wrong in ([], [alert] * 101, ["a b"], [1], "1"):
        assert problem(nurse.post(WAY, json={"alert_ids": wrong}))["status"] == 422


def test_when_the_database_takes_nothing_any_more_the_rest_is_told_so_at_once(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    alerts = [api.raise_alert(unit, priority=Priority.LOW) for _ in range(4)]
    work, asked = api.services.data.acknowledge_low, []

    async def breaks_at_the_second(alert_id: str, user_id: int, note: str | None) -> Bulk:
        asked.append(alert_id)
        if len(asked) == 2:
            raise StoreError("acknowledge", trouble=Trouble.UNAVAILABLE)
        return await work(alert_id, user_id, note)

    monkeypatch.setattr(api.services.data, "acknowledge_low", breaks_at_the_second)
    nurse = api.sign_in(Role.NURSE)
    told = outcomes(nurse.post(WAY, json={"alert_ids": alerts}))
    assert [told[alert] for alert in alerts] == ["acknowledged", *["not recorded"] * 3]
    assert asked == alerts[:2]
    # The same press again does the rest.
    told = outcomes(nurse.post(WAY, json={"alert_ids": alerts}))
    assert [told[alert] for alert in alerts] == ["already acknowledged", *["acknowledged"] * 3]
