"""Accounts of people at home, and what they say."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from store import accounts, homes, patients, pool, registry
from store.errors import StoreError
from store.homes import Saying
from store.pool import Connection

NOW_US = 1_750_000_000_000_000


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    """Ann at u-1 and Bob at u-2 of one clinic; two accounts at home, 1 and 2."""
    with pool.connect(database_url) as connection:
        for number, name in enumerate(("Ann", "Bob"), 1):
            unit = registry.add_unit(connection, f"Home {number}", "North", NOW_US, name=f"u-{number}")
            patient = patients.add_patient(connection, name, unit.clinic_id, patients.Prescription())
            patients.bind(connection, unit.unit_id, patient, NOW_US)
            accounts.add_user(
                connection, email=f"{number}@example.org", name=name, role="patient", clinic_id=1, password_hash="x",
                now_us=NOW_US,
            )  # fmt: skip
        yield connection


def test_an_account_is_of_one_patient_and_follows_them_to_another_unit(conn: Connection) -> None:
    assert homes.of_account(conn, 1) is None
    homes.connect(conn, 1, 1, NOW_US)
    found = homes.of_account(conn, 1)
    assert found is not None
    assert (found.patient, found.unit) == ("Ann", "u-1")
    patients.bind(conn, 2, 1, NOW_US + 1)
    found = homes.of_account(conn, 1)
    assert found is not None
    assert (found.patient, found.unit) == ("Ann", "u-2")
    homes.connect(conn, 1, 2, NOW_US + 2)
    found = homes.of_account(conn, 1)
    assert found is not None
    assert (found.patient, found.unit) == ("Bob", None)
    homes.disconnect(conn, 1)
    assert homes.of_account(conn, 1) is None


@pytest.mark.parametrize("change", ["disabled_at = now()", "role = 'nurse'"])
def test_an_account_that_is_closed_or_of_another_role_is_of_nobody(conn: Connection, change: str) -> None:
    homes.connect(conn, 1, 1, NOW_US)
    conn.execute(f"UPDATE user_account SET {change} WHERE user_id = 1".encode())
    assert homes.of_account(conn, 1) is None


def test_a_revoked_unit_is_none(conn: Connection) -> None:
    homes.connect(conn, 1, 1, NOW_US)
    conn.execute("UPDATE unit SET revoked_at = now() WHERE unit_id = 1")
    found = homes.of_account(conn, 1)
    assert found is not None
    assert found.unit is None


def test_a_saying_is_one_for_each_account(conn: Connection) -> None:
    said = uuid4()
    assert [homes.say(conn, user, said, Saying.SYMPTOM, NOW_US) for user in (1, 1, 2)] == [True, False, True]
    assert homes.alert_of(conn, 1, said) is None


def test_a_telephone_number_is_one(conn: Connection) -> None:
    homes.connect(conn, 1, 1, NOW_US)
    assert homes.set_phone(conn, "North", "+49 (30) 123-45")
    found = homes.of_account(conn, 1)
    assert found is not None
    assert found.phone == "+49 (30) 123-45"
    assert not homes.set_phone(conn, "South", "123")
    with pytest.raises(StoreError):
        homes.set_phone(conn, "North", "javascript:alert(1)")
