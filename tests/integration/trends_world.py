"""Half a year of a patient at home: treated three times a week, one of them missed, one of them shortened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from alerts.between import ruleset
from alerts.between.planned import starts
from ingest.metrics import Metrics
from ingest.reviews import Reviewer
from store import care, comparisons, patients, registry, unit_status
from store.care import Entry
from store.patients import Prescription
from store.pool import Connection
from store.unit_status import StatusRow
from telemetry.care import DAY_US, Access, Arranged, Content, Schedule, TargetWeight
from telemetry.clock import SystemClock
from telemetry.messages import SCHEMA_VERSION, MachineLink, Status
from telemetry.treatment import Phase
from tests.clinician_api.conftest import Api
from tests.store.treated import add_treatment, put_minutes, summarise_all

ZONE: Final = "Europe/Berlin"
PLANNED_MIN: Final = 240
NEEDLE: Final = ((200.0, 40.0), (300.0, 80.0), (400.0, 130.0))


@dataclass(frozen=True)
class HalfYear:
    """Planned starts, and those of them that were missed and shortened."""

    unit: registry.Unit
    patient: int
    planned_us: tuple[int, ...]
    missed_us: int
    short_us: int


def half_year(api: Api, name: str = "Ada Example", weeks: int = 26) -> HalfYear:
    """Planned three times a week by Berlin's clock; the fourth start back was missed, the second was short."""
    now_us = SystemClock().now_us()
    since_us = now_us - weeks * 7 * DAY_US
    schedule = Schedule(days=("mon", "wed", "fri"), at=_at(now_us), zone=ZONE, duration_min=PLANNED_MIN)
    planned = tuple(starts(schedule, since_us, since_us, now_us))
    with api.database() as conn:
        unit = registry.add_unit(conn, f"Home of {name}", "Clinic 1", since_us, name="u-1")
        known = Prescription(target_weight_kg=70.0, prescribed_spktv=1.4)
        patient = patients.add_patient(conn, name, 1, known)
        patients.bind(conn, unit.unit_id, patient, since_us)
        contents: tuple[Content, ...] = (schedule, Access(kind="fistula", needle=NEEDLE))
        for content in contents:
            _arrange(conn, patient, content, since_us, now_us)
        _arrange(conn, patient, TargetWeight(kg=69.5), now_us - 60 * DAY_US, now_us)
        for number, start_us in enumerate(planned):
            if start_us != planned[-4]:
                _treat(conn, unit, start_us, number, 200 if start_us == planned[-2] else PLANNED_MIN)
        summarise_all(conn, now_us)
        while comparisons.catch_up(conn, patient):
            pass
        status = Status(
            version=SCHEMA_VERSION, unit=unit.name, online=True, epoch="0" * 32, boot="b", sent_us=now_us,
            machine=MachineLink.CONNECTED, synchronised=True, outbox_rows=0,
        )  # fmt: skip
        unit_status.save(conn, [StatusRow(unit.unit_id, now_us, status, heard_us=now_us)])
        reviewer = Reviewer(api.database_url, ruleset.load(), lambda: frozenset(range(64)), SystemClock(), Metrics())
        assert reviewer.step(conn) == 1
    api.refresh()
    return HalfYear(unit, patient, planned, planned[-4], planned[-2])


def _at(now_us: int) -> str:
    """An hour at which nothing is due while the test runs, and nothing goes on."""
    return "18:00" if datetime.fromtimestamp(now_us / 1e6, ZoneInfo(ZONE)).hour < 17 else "06:00"


def _arrange(conn: Connection, patient: int, content: Content, since_us: int, now_us: int) -> None:
    care.arrange(conn, patient, Entry(Arranged(since_us, content), "os:test", "for the test", now_us))


def _treat(conn: Connection, unit: registry.Unit, start_us: int, number: int, minutes: int) -> None:
    """Venous pressure creeps up; the machine tells no dose of every seventh."""
    dose = {} if number % 7 == 3 else {"online_spktv": [1.38 + 0.05 * ((number * 7) % 5 - 2)] * minutes}
    half = minutes // 2
    put_minutes(
        conn, unit, start_us, [Phase.TX] * minutes, blood_flow=[300.0] * minutes,
        venous_pressure=[118.0 + number * 0.5 + number * 5 % 7] * minutes,
        arterial_pressure=[-150.0 - number * 3 % 11] * minutes,
        systolic=[140.0 + number * 5 % 13] * half + [104.0 - number * 3 % 9] * 30 + [121.0] * (minutes - half - 30),
        diastolic=[78.0] * minutes, ultrafiltration_target=[2600.0] * minutes,
        ultrafiltration_volume=[2600.0 * minutes / PLANNED_MIN] * minutes,
        weight_before=[72.4 + number * 3 % 7 / 10] * minutes, weight_after=[69.9 + number * 5 % 6 / 10] * minutes,
        treatment_elapsed=[float(minutes)] * minutes, **dose,
    )  # fmt: skip
    add_treatment(conn, unit, start_us, minutes)
