"""The store in the API's words: ids that cannot be, buckets laid out in full, one outcome of an acknowledgement."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from clinician_api.data import Data, Outcome
from clinician_api.settings import ApiOptions
from clinician_api.treatments.history import Asked
from store import engine_state, patients, pool, registry, reviews
from store.announcements import Announcement, Topic
from store.engine_state import EngineState
from store.errors import StoreError, Trouble
from store.patients import Prescription
from store.reviews import FindingRow
from store.viewers import EVERYTHING, work_for
from telemetry.alarms import FindingState
from telemetry.messages import LiveReading
from tests.clinician_api.builders import NOW
from tests.clinician_api.conftest import Api
from tests.clinician_api.live.test_findings import snapshot
from tests.clinician_api.routes.test_history import START, store_readings


@pytest_asyncio.fixture
async def data(options: ApiOptions) -> AsyncIterator[Data]:
    work_for(EVERYTHING)
    opened = Data(options)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def unit(api: Api) -> registry.Unit:
    return api.add_unit("u-1", "Clinic 1")


@pytest.mark.parametrize("alert_id", ["", "x", "0", "-1", "1.5", "9" * 19, "9" * 30, "٣", " 1"])
async def test_an_id_that_cannot_be_is_none(data: Data, alert_id: str) -> None:
    assert await data.alert(alert_id, NOW) is None


async def test_a_database_without_schema_says_what_to_do(postgres_url: str) -> None:
    with pytest.raises(StoreError) as caught:
        await Data(ApiOptions(database_url=postgres_url)).open()
    assert caught.value.trouble is Trouble.SCHEMA
    assert "homehd migrate" in caught.value.line()


async def test_opening_and_closing_twice_is_harmless(options: ApiOptions) -> None:
    data = Data(options)
    await data.open()
    await data.open()
    assert await data.ping()
    await data.close()
    await data.close()


async def test_the_newest_reading_with_its_wire_id(data: Data, unit: registry.Unit, api: Api) -> None:
    store_readings(api, unit, [(0.0, 100.0), (5.0, 105.5)])
    now_us = int((START + timedelta(seconds=10)).timestamp() * 1e6)
    (found,) = await data.latest({unit.unit_id: "u-1"}, now_us)
    time_us = int(START.timestamp() * 1e6) + 5_000_000
    assert found == LiveReading("u-1", time_us, time_us, 1, 3, 1, 0, {3: 105.5})


async def test_history_is_json_of_what_is_stored(data: Data, unit: registry.Unit, api: Api) -> None:
    store_readings(api, unit, [(25.0, 1.0)])
    start_us = int(START.timestamp() * 1e6)
    asked = Asked("u-1", start_us, start_us + 40_000_000, start_us + 30_000_000, every=False)
    found = json.loads(await data.history(unit.unit_id, asked, ["venous_pressure", "blood_flow"], 4))
    assert found["times"] == [START.timestamp() + 10 * n for n in range(4)]
    assert found["series"]["venous_pressure"]["mean"] == [None, None, 1.0, None]
    assert found["series"]["blood_flow"]["max"] == [None] * 4
    assert [(gap["start"], gap["end"]) for gap in found["gaps"]] == [(START.timestamp(), START.timestamp() + 25)]


async def test_acknowledging_has_one_outcome(data: Data, api: Api, database_url: str) -> None:
    alert_id = api.raise_alert(api.add_unit("u-1", "Clinic 1"))
    api.account("nurse", 1, "Nora")
    api.account("nurse", 1, "Bo")
    first = await data.acknowledge(alert_id, 1, "seen")
    second = await data.acknowledge(alert_id, 2, None)
    assert (first.outcome, first.by_user_id) == (Outcome.ACKNOWLEDGED, 1)
    assert (second.outcome, second.by_name) == (Outcome.ALREADY, "Nora")
    assert (await data.acknowledge("999", 1, None)).outcome is Outcome.UNKNOWN
    # Both who tried are on record, in the transaction of what they did.
    rows = api.deeds("actor", "subject", "detail ->> 'outcome'")
    subject = f"alert:{alert_id}"
    assert rows == [("user:1", subject, "acknowledged"), ("user:2", subject, "already acknowledged")]
    stored = await data.alert(alert_id, NOW)
    assert stored is not None
    assert (stored.view["acknowledged_by"], stored.view["state"]) == ("Nora", "active, acknowledged")
    assert stored.view["title"] not in ("", "R07")
    assert await data.changed_alerts([Announcement(Topic.ALERT, stored.version)] * 2, NOW) == [stored]
    assert await data.changed_alerts([Announcement(topic, 99) for topic in Topic], NOW) == []


async def test_what_is_not_evaluated_comes_from_the_saved_state(data: Data, unit: registry.Unit) -> None:
    assert await data.not_evaluated({unit.unit_id: "u-1"}) == {}
    with pool.connect(data._url) as conn:
        engine_state.save(conn, {unit.unit_id: EngineState(NOW, snapshot({"blood_flow": 300.0}))})
    found = await data.not_evaluated({unit.unit_id: "u-1"})
    assert "R17" in {rule["rule"] for rule in found["u-1"]}
    lacks = FindingRow(
        "R26", "1.0.0+0", "treatment 1", "1/1/0", NOW, FindingState.NOT_EVALUATED, None, "no target weight", {}, {}
    )
    with pool.connect(data._url) as conn:
        patient = patients.add_patient(conn, "Ann", None, Prescription())
        patients.bind(conn, unit.unit_id, patient, NOW)
        reviews.save(conn, patient, [lacks], NOW)
    with_past = await data.not_evaluated({unit.unit_id: "u-1"})
    told = {"rule": "R26", "reason": "no target weight", "at_rest": False, "between": True}
    assert with_past["u-1"] == [*found["u-1"], told]
    assert (await data.not_evaluated({unit.unit_id: "u-1"})) == with_past
