"""A prescription that changes during a treatment: live, at its moment; what was raised before stays as it was."""

from __future__ import annotations

import random
from typing import Any

from store import care, patients, registry
from store.care import Entry
from store.patients import Prescription
from telemetry.care import Arranged, Prescribed
from tests.ingest.building import SECOND, START_US, batch
from tests.ingest.conftest import Rig
from tests.ingest.test_restore import sample

REFRESH_S = 15
MOMENT_S, END_S = 150, 300


def test_a_prescription_takes_effect_at_its_moment_and_an_alert_keeps_the_one_that_raised_it(rig: Rig) -> None:
    unit = registry.unit_by_name(rig.conn, "u1")
    patient = patients.add_patient(rig.conn, "Ann", None, Prescription())
    patients.bind(rig.conn, unit.unit_id, patient, START_US)
    for since_s, prescribed in ((0, 14.5), (MOMENT_S, 14.0)):  # both are entered now, one is to come
        item = Prescribed(item="prescribed_conductivity_ms_cm", value=prescribed)
        since_us = START_US + since_s * SECOND
        care.arrange(rig.conn, patient, Entry(Arranged(since_us, item), "os:ann", "low potassium", START_US))
    rig.restart()
    raised: list[Any] = []
    dice = random.Random(7)
    for start in range(0, END_S, 5):
        rig.feed(batch([sample(second, second, dice) for second in range(start, start + 5)], unit="u1"))
        steps = events(rig)
        if start < MOMENT_S:
            raised = steps
        # What was written stays, whatever is prescribed since.
        assert steps[: len(raised)] == raised

    (first,), (*_, over) = raised, steps[len(raised) :]
    assert first[:2] == ("active, unacknowledged", START_US + 60 * SECOND)
    assert (first[2]["prescribed_conductivity_ms_cm"], first[3]["limit"]) == (14.5, 2.5)
    assert over[0] == "normal"
    assert MOMENT_S <= (over[1] - START_US) / SECOND <= MOMENT_S + REFRESH_S + 5
    assert over[2]["prescribed_conductivity_ms_cm"] == 14.0


def events(rig: Rig) -> list[Any]:
    """What is on record of R17, in the order it was written."""
    query = "SELECT state, to_us(time), inputs, limits FROM alert_event WHERE rule = 'R17' ORDER BY event_id"
    return rig.conn.execute(query).fetchall()
