"""A connection to a fresh database, and a patient at home."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store import patients, pool, registry
from store.patients import Prescription
from store.pool import Connection
from tests.evaluation.treated import START_US


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    """A connection in autocommit mode."""
    with pool.connect(database_url) as connection:
        yield connection


@pytest.fixture
def home(conn: Connection) -> tuple[int, int]:
    """A unit's id and the id of whom it serves."""
    unit = registry.add_unit(conn, "Home 1", None, START_US, name="u1")
    patient = patients.add_patient(conn, "Ann", None, Prescription())
    patients.bind(conn, unit.unit_id, patient, START_US - 1)
    return unit.unit_id, patient
