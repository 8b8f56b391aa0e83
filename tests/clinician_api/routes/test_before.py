"""What the rule had to look at: stored readings around an alert, also of an old one."""

from __future__ import annotations

from datetime import timedelta

from alerts import ruleset
from clinician_api.access import Role
from clinician_api.alerting.before_models import AlertBefore
from clinician_api.live.unsaved import Saving
from store import alert_log, pool, registry
from store.alert_log import AlertEventRow
from telemetry.alarms import ConditionState, Priority
from tests.clinician_api.builders import NOW, unsaved_alert
from tests.clinician_api.conftest import Api, problem
from tests.clinician_api.routes.test_history import START, store_readings

R13 = ruleset.load().rule("R13")


def add_alert(
    api: Api, unit: registry.Unit, rule: str = "R13", version: str = R13.version, limit: float = 320.0
) -> int:
    """An alert of months ago, ten minutes after START."""
    time_us = int((START + timedelta(minutes=10)).timestamp() * 1e6)
    with api.database() as conn, pool.transaction(conn):
        number = alert_log.reserve_ids(conn, 1)[0]
        row = AlertEventRow(
            number, unit.unit_id, rule, version, Priority.HIGH, ConditionState.ACTIVE_UNACKNOWLEDGED, time_us, "high",
            {"venous_pressure": 330.0}, {"limit": limit, "on_delay_s": 5.0},
        )  # fmt: skip
        alert_log.append(conn, [row], time_us)
    return int(number)


def test_ten_minutes_before_to_five_after_with_the_gap_and_the_limit_on_record(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    outside = [(-1.0, 1.0), (901.0, 2.0)]
    rows = [(float(s), 330.0 if s >= 600 else 140.0) for s in range(0, 900, 2) if not 300 <= s < 420]
    store_readings(api, unit, sorted([*outside, *rows]))
    answer = api.sign_in().get(f"/api/alerts/{add_alert(api, unit)}/before")
    assert answer.status_code == 200, answer.text
    said = answer.json()
    AlertBefore.model_validate(said)
    assert said["rule_in_force"]
    assert said["signals"] == list(said["history"]["series"])
    assert {"signal": "venous_pressure", "name": "limit", "value": 320.0} in said["limits"]
    history = said["history"]
    assert (history["times"][0], len(history["times"]), history["bucket_s"]) == (START.timestamp(), 450, 2.0)
    course = history["series"]["venous_pressure"]["max"]
    assert (course[0], course[299], course[300], course[-1]) == (140.0, 140.0, 330.0, 330.0)
    assert course[150:210] == [None] * 60
    assert [(gap["start"] - START.timestamp(), gap["end"] - START.timestamp()) for gap in history["gaps"]] == [
        (298, 420)
    ]


def test_a_rule_of_another_version_says_so(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    store_readings(api, unit, [(0.0, 140.0)])
    client = api.sign_in()
    old = client.get(f"/api/alerts/{add_alert(api, unit, version='0.0.1+00000000')}/before").json()
    assert (old["rule_in_force"], old["limits"]) == (False, [])
    assert "venous_pressure" in old["signals"]


def test_of_another_clinic_there_is_none_and_a_wall_shows_no_past(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    alert = add_alert(api, unit)
    assert problem(api.sign_in(clinic=2).get(f"/api/alerts/{alert}/before"))["status"] == 404
    assert problem(api.sign_in(Role.KIOSK).get(f"/api/alerts/{alert}/before"))["status"] == 403
    assert problem(api.sign_in().get("/api/alerts/999999/before"))["status"] == 404
    assert api.sign_in().get(f"/api/alerts/{alert}/before").status_code == 200


def test_of_an_alert_that_is_not_saved_yet_nothing_is_stored(api: Api) -> None:
    api.add_unit("u-1", "Clinic 1")
    found = [unsaved_alert("u-1", "R10")]
    api.do(lambda services: services.room.put_saving(5, Saving(NOW, NOW, found), str, services.clock.monotonic_s()))
    answer = api.sign_in().get("/api/alerts/unsaved-u-1-R10/before")
    assert (answer.status_code, problem(answer)["what"]) == (503, "alert is not saved yet")


def test_a_rule_that_reads_nothing_has_no_signals(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    with api.database() as conn, pool.transaction(conn):
        number = alert_log.reserve_ids(conn, 1)[0]
        row = AlertEventRow(
            number, unit.unit_id, "R24", "1.0.0", Priority.LOW, ConditionState.ACTIVE_UNACKNOWLEDGED,
            int(START.timestamp() * 1e6), "no treatment", {"hours_late": 6.0}, {"limit": 4.0},
        )  # fmt: skip
        alert_log.append(conn, [row], int(START.timestamp() * 1e6))
    said = api.sign_in().get(f"/api/alerts/{number}/before").json()
    assert (said["signals"], said["history"]["series"]) == ([], {})
