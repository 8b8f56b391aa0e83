"""A patient's usual course over HTTP: from their own treatments that are over, whoever may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from clinician_api.access import Role
from store import registry, treatments
from store.treatments import Treatment
from telemetry.treatment import EndKnown
from tests.clinician_api.conftest import Api, problem
from tests.clinician_api.routes.test_history import START, store_readings
from tests.clinician_api.routes.test_treatments import bind

DAY_S = 86_400
START_US = int(START.timestamp() * 1e6)


def store_treatments(api: Api, unit: registry.Unit, *pressures: float, ends: bool = True) -> None:
    """One a day, three minutes each, with a reading every ten seconds; the second minute 10 higher."""
    rows, found = [], []
    for day, pressure in enumerate(pressures):
        rows += [(day * DAY_S + s, pressure + (10.0 if 60 <= s < 120 else 0.0)) for s in range(0, 180, 10)]
        begin = START_US + day * DAY_S * 1_000_000
        end = begin + 170_000_000 if ends else None
        found.append((unit.unit_id, Treatment(begin, end, EndKnown.MACHINE if ends else None)))
    store_readings(api, unit, [(float(at), value) for at, value in rows])
    with api.database() as conn:
        treatments.add(conn, found, START_US, START_US)


def ask(client: httpx.Client, patient: object = 1, **query: str) -> Any:
    return client.get(f"/api/patients/{patient}/usual", params={"signals": "venous_pressure", **query})


def test_of_the_own_treatments_before_a_time_by_minute(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    bind(api, unit, "Ada Example", 1, START_US - 1)
    store_treatments(api, unit, 100.0, 120.0, 140.0, 400.0)
    client = api.sign_in()
    told = ask(client, before=(START + timedelta(days=3)).isoformat()).json()
    assert told["treatments"] == 3
    assert told["series"] == {
        "venous_pressure": {
            "low": [104.0, 114.0, 104.0],
            "median": [120.0, 130.0, 120.0],
            "high": [136.0, 146.0, 136.0],
        }
    }
    assert ask(client).json()["treatments"] == 4
    fewer = ask(client, before=(START + timedelta(days=2)).isoformat()).json()
    assert (fewer["treatments"], fewer["series"]) == (2, {})


def test_what_changes_under_a_treatment_is_read_anew(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    bind(api, unit, "Ada Example", 1, START_US - 1)
    store_treatments(api, unit, 100.0, 100.0, 100.0)
    client = api.sign_in()
    assert ask(client).json()["series"]["venous_pressure"]["median"][0] == 100.0
    with api.database() as conn:
        conn.execute("UPDATE reading SET venous_pressure = 150")
        conn.commit()
        assert ask(client).json()["series"]["venous_pressure"]["median"][0] == 100.0, "kept"
        conn.execute("UPDATE treatment SET revision = revision + 1")
        conn.commit()
    assert ask(client).json()["series"]["venous_pressure"]["median"][0] == 150.0


def test_one_that_goes_on_and_another_patients_do_not_count(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    bind(api, unit, "Bo Before", 1, START_US - 1)
    store_treatments(api, unit, 100.0, 100.0, 100.0)
    ada = bind(api, unit, "Ada Example", 1, START_US + 10 * DAY_S * 1_000_000)
    assert ask(api.sign_in(), ada).json() | {"before": ""} == {
        "patient_id": str(ada), "before": "", "treatments": 0, "series": {},
    }  # fmt: skip


def test_who_may(api: Api) -> None:
    api.add_unit("u-1", "Clinic 1", "Ada Example")
    assert problem(ask(api.sign_in(clinic=2)))["status"] == 404
    assert problem(ask(api.sign_in(), 999))["status"] == 404
    assert problem(ask(api.sign_in(), 10**17))["status"] == 404
    assert problem(ask(api.sign_in(Role.KIOSK)))["status"] == 403
    assert problem(ask(api.sign_in(), signals="no_such"))["status"] == 422
    assert problem(ask(api.sign_in(), before="yesterday"))["status"] == 422
