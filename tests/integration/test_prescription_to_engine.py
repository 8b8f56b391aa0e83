"""What is saved on the page is what the next readings are judged by: a real API and a real ingest on one database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from clinician_api.settings import ApiOptions
from store import patients, pool, registry
from store.patients import Prescription
from telemetry.clock import ManualClock, SystemClock
from telemetry.signals import BY_NAME
from tests.clinician_api.conftest import NOWHERE, Api, start_api
from tests.clinician_api.prescribed import propose
from tests.ingest.building import SECOND, batch, reading
from tests.ingest.conftest import Rig

VALUES = {"blood_flow": 300.0, "blood_pump_running": 1.0, "arterial_pressure": -150.0}


class Home:
    """A home in treatment, a reading a second."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.seq, self.at_us = rig, 0, rig.clock.now_us()

    def treats(self, venous: float, seconds: int = 60) -> None:
        """So long at this pressure; the clock has moved on by then."""
        # Saving is timed by the database's own clock, ingest's goes by the readings here.
        self.at_us = max(self.at_us, SystemClock().now_us() + SECOND)
        for _ in range(0, seconds, 5):
            readings = []
            for _ in range(5):
                self.seq, self.at_us = self.seq + 1, self.at_us + SECOND
                values = {**VALUES, "venous_pressure": venous + self.seq % 2}
                by_number = {BY_NAME[name].number: value for name, value in values.items()}
                mono_ms = 1_000_000 + self.seq * 1000
                readings.append(reading(self.seq, time_us=self.at_us, mono_ms=mono_ms, values=by_number))
            self.rig.feed(batch(readings))

    def told(self) -> list[tuple[str, float]]:
        """Priority and limit of what R13 told, in order."""
        return [
            (priority, limits["limit"])
            for _, priority, limits in self.rig.rows(
                "event_id, priority, limits", "alert_event", "rule = 'R13' AND state = 'active, unacknowledged'"
            )
        ]


@pytest.fixture
def api(database_url: str) -> Iterator[Api]:
    options = ApiOptions(database_url=database_url, broker_url=NOWHERE, port=0, metrics_port=None)
    with ExitStack() as stack:
        yield start_api(stack, options)


@pytest.fixture
def rig(api: Api) -> Iterator[Rig]:
    with pool.connect(api.database_url) as conn:
        made = Rig(api.database_url, conn, ManualClock(SystemClock().now_us()))
        unit = registry.add_unit(conn, "u1", "Clinic 1", made.clock.now_us(), name="u1")
        made.shards["u1"] = unit.shard
        patient = patients.add_patient(conn, "Ann", unit.clinic_id, Prescription())
        patients.bind(conn, unit.unit_id, patient, made.clock.now_us())
        yield made
        made.worker.close()


@pytest.mark.timeout(120)
def test_saved_on_the_page_the_next_reading_is_judged_by_it(api: Api, rig: Rig) -> None:
    home, one, two = Home(rig), api.sign_in(name="Dr One"), api.sign_in(name="Dr Two")
    home.treats(230.0)
    assert home.told() == []

    narrower = propose(one, 1, {"limits": {"R13": {"medium": 200}}}, without_treatments=True)
    assert narrower.json()["proposal"]["state"] == "in force", narrower.text
    home.treats(230.0)
    assert home.told() == [("medium", 200.0)]

    wider = propose(one, 1, {"limits": {"R13": {"high": 400}}}, without_treatments=True).json()["proposal"]
    assert wider["state"] == "waiting"
    home.treats(330.0)
    assert home.told()[1:] == [("high", 300.0)], "until it is signed the old limit holds"
    home.treats(100.0)

    assert two.post(f"/api/proposals/{wider['proposal_id']}/sign").status_code == 200
    before = len(home.told())
    home.treats(330.0)
    assert home.told()[before:] == [("medium", 200.0)], "330 mmHg is no high alert any more"
