"""What was opened stays as it was: it can be ended once, by who opened it, and judged once, by somebody else."""

from __future__ import annotations

import hashlib

import psycopg
import pytest

from store import accounts, break_glass, patients, registry
from store.errors import StoreError
from store.pool import Connection
from tests.store.conftest import NOW_US

REASON = "called by the family"
HOUR_US = 3_600_000_000


@pytest.fixture
def opened(conn: Connection) -> Connection:
    """Ann of u-1 in North; accounts 1 and 2; the first has opened access to her: number 1."""
    unit = registry.add_unit(conn, "Home", "North", NOW_US, name="u-1")
    patients.add_patient(conn, "Ann", unit.clinic_id, patients.Prescription())
    patients.bind(conn, unit.unit_id, 1, NOW_US)
    for number in (1, 2):
        accounts.add_user(
            conn, email=f"n{number}@example.org", name="N", role="nurse", clinic_id=1, password_hash="", now_us=NOW_US
        )
    assert break_glass.open_glass(conn, 1, 1, f" {REASON} ", NOW_US, NOW_US + HOUR_US) == 1
    return conn


@pytest.mark.parametrize(
    ("whom", "found"), [("Ann", 1), ("ann ", 1), ("u-1", 1), ("An", None), ("An%", None), ("u-2", None), ("", None)]
)
def test_by_the_exact_name_or_home_only(opened: Connection, whom: str, found: int | None) -> None:
    called = break_glass.called(opened, whom, None)
    assert called == (None if found is None else (found, 1))


def test_two_of_a_name_are_nobody(opened: Connection) -> None:
    patients.add_patient(opened, "ANN", 1, patients.Prescription())
    assert break_glass.called(opened, "Ann", None) is None
    assert break_glass.called(opened, "u-1", None) == (1, 1)


def test_a_namesake_of_another_clinic_counts_only_where_both_are_asked_for(opened: Connection) -> None:
    assert registry.add_clinic(opened, "South") == 2
    patients.add_patient(opened, "Ann", 2, patients.Prescription())
    assert [break_glass.called(opened, "Ann", clinic) for clinic in (1, 2, 3, None)] == [(1, 1), (2, 2), None, None]


def test_the_record_proves_the_reason(opened: Connection) -> None:
    rows = opened.execute("SELECT action, subject, detail FROM audit_event").fetchall()
    assert [row[:2] for row in rows] == [("break glass", "patient:1")]
    assert rows[0][2]["reason_sha256"] == hashlib.sha256(REASON.encode()).hexdigest()


def test_it_is_ended_once_and_by_who_opened_it(opened: Connection) -> None:
    assert not break_glass.end(opened, 1, 2, NOW_US + 1)
    assert break_glass.end(opened, 1, 1, NOW_US + 1)
    assert not break_glass.end(opened, 1, 1, NOW_US + 2)


def test_it_is_judged_once_and_by_somebody_else(opened: Connection) -> None:
    assert not break_glass.review(opened, 1, 1, NOW_US + 1, "", right=True)
    assert break_glass.review(opened, 1, 2, NOW_US + 1, "no call", right=False)
    assert not break_glass.review(opened, 1, 2, NOW_US + 2, "", right=True)
    assert opened.execute("SELECT judged_right, note FROM break_glass").fetchall() == [(False, "no call")]


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE break_glass SET reason = 'something else'", "UPDATE break_glass SET until = until + interval '1 day'",
        "UPDATE break_glass SET patient_id = 2", "DELETE FROM break_glass",
        "UPDATE break_glass SET reviewed_by = 1, reviewed_at = now(), judged_right = true",
    ],
)  # fmt: skip
def test_what_happened_stays(opened: Connection, deed: str) -> None:
    with pytest.raises((StoreError, psycopg.Error)):
        opened.execute(deed)


def test_a_short_reason_is_none(opened: Connection) -> None:
    with pytest.raises(StoreError):
        break_glass.open_glass(opened, 1, 1, "because  ", NOW_US, NOW_US + 1)
