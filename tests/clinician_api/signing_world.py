"""Treatments that are over, good or bad in a chosen way, for those who review them."""

from __future__ import annotations

from store import care, patients, pool, registry, treatment_summaries, treatments
from store.care import Entry
from store.patients import Prescription
from store.treatments import Interruption, Treatment
from telemetry.care import Arranged, Measured, Measurement, Schedule
from telemetry.clock import SystemClock
from telemetry.treatment import Cause, EndKnown, Phase
from tests.clinician_api.conftest import Api
from tests.store.treated import MINUTE, put_minutes

HOUR = 60 * MINUTE


class Clinic:
    """A home of clinic 1 with a patient, and treatments of theirs; each begins a day before the one that came first."""

    def __init__(self, api: Api, unit: str = "u-1", patient: str = "Ada Example", clinic: int = 1) -> None:
        self.api = api
        self.now_us = SystemClock().now_us() // MINUTE * MINUTE
        self.made = 0
        with api.database() as conn:
            self.unit: registry.Unit = registry.add_unit(
                conn, f"Home {unit}", f"Clinic {clinic}", self.now_us, name=unit
            )
            known = Prescription(target_weight_kg=70.0, prescribed_spktv=1.4)
            self.patient = patients.add_patient(conn, patient, clinic, known)
            patients.bind(conn, self.unit.unit_id, self.patient, self.now_us - 900 * HOUR)
            schedule = Schedule(days=("mon",), at="18:00", zone="Europe/Berlin", duration_min=240)
            entered = Entry(Arranged(self.now_us - 900 * HOUR, schedule), "os:test", "for the test", self.now_us)
            care.arrange(conn, self.patient, entered)
        api.refresh()

    def treat(self, minutes: int = 240, *, weighed: bool = True, unseen_min: int = 0, **values: float) -> int:
        """A treatment of which all is known and well, but for what is said otherwise; its number."""
        start_us = self.now_us - (8 + 24 * self.made) * HOUR
        self.made += 1
        end_us = start_us + minutes * MINUTE
        shown = {
            "systolic": 128.0, "diastolic": 74.0, "ultrafiltration_volume": 2500.0, "treatment_elapsed": minutes,
            "online_spktv": 1.45, "venous_pressure": 140.0, "arterial_pressure": -150.0, "blood_flow": 300.0,
            "transmembrane_pressure": 60.0, **values,
        }  # fmt: skip
        pauses = (
            (Interruption(start_us + HOUR, start_us + HOUR + unseen_min * MINUTE, Cause.NO_READINGS),)
            if unseen_min
            else ()
        )
        with self.api.database() as conn:
            # Without the rows that nobody saw.
            for first, last in ((0, 60), (60 + unseen_min, minutes)):
                put_minutes(
                    conn, self.unit, start_us + first * MINUTE, [Phase.TX] * (last - first),
                    **{name: [value] * (last - first) for name, value in shown.items()},
                )  # fmt: skip
            one = Treatment(start_us, end_us, EndKnown.MACHINE, pauses)
            treatments.add(conn, [(self.unit.unit_id, one)], self.now_us, self.now_us)
            row = conn.execute("SELECT max(treatment_id) FROM treatment").fetchone()
            assert row is not None
            if weighed:
                self._weigh(conn, end_us, 70.4)
        self.summarise()
        return int(row[0])

    def weigh(self, treatment: int, kg: float) -> None:
        """A weight after it, entered now."""
        with self.api.database() as conn:
            row = conn.execute("SELECT to_us(ended_at) FROM treatment WHERE treatment_id = %s", [treatment]).fetchone()
            assert row is not None
            self._weigh(conn, row[0] + 60_000_000, kg)

    def late_row(self, treatment: int, volume_ml: float) -> None:
        """A reading of its end that came late, as ingest stores it; its figures are computed anew."""
        with self.api.database() as conn:
            row = conn.execute("SELECT to_us(ended_at) FROM treatment WHERE treatment_id = %s", [treatment]).fetchone()
            assert row is not None
            put_minutes(conn, self.unit, row[0] - 1, [Phase.TX], ultrafiltration_volume=[volume_ml])
            conn.execute(
                "UPDATE treatment SET revision = revision + 1, summary_due_at = now() WHERE treatment_id = %s",
                [treatment],
            )
        self.summarise()

    def summarise(self) -> None:
        """What ingest's summariser does."""
        now = SystemClock().now_us() + HOUR
        with self.api.database() as conn:
            for wanted in treatment_summaries.due(conn, range(64), now, limit=1000):
                with pool.transaction(conn):
                    treatment_summaries.save(conn, wanted, treatment_summaries.summarise(conn, wanted), now)

    def _weigh(self, conn: pool.Connection, taken_us: int, kg: float) -> None:
        value = Measurement(0, Measured.WEIGHT_AFTER, kg, taken_us)
        care.measure(conn, self.patient, self.unit.unit_id, value, "os:test", self.now_us)
