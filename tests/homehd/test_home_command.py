"""`homehd home`: whose treatment an account is shown, and whom a home calls."""

from __future__ import annotations

import pytest

from homehd import cli
from store import accounts, homes, patients, pool, registry

NOW_US = 1_750_000_000_000_000


@pytest.fixture
def ann(database_url: str) -> int:
    """Ann at u-1, Bob of another clinic at u-2; an account at home of Ann's clinic, and a nurse's."""
    with pool.connect(database_url) as conn:
        for number, (clinic, patient) in enumerate((("North", "Ann"), ("South", "Bob")), 1):
            unit = registry.add_unit(conn, f"Home {number}", clinic, NOW_US, name=f"u-{number}")
            bound = patients.add_patient(conn, patient, unit.clinic_id, patients.Prescription())
            patients.bind(conn, unit.unit_id, bound, NOW_US)
        made = [
            accounts.add_user(
                conn, email=f"{role}@example.org", name=role, role=role, clinic_id=1, password_hash="x", now_us=NOW_US
            )
            for role in ("patient", "nurse")
        ]
    return made[0]


@pytest.fixture(autouse=True)
def settings(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEHD_DATABASE", database_url)


def run(*words: str) -> int:
    return cli.main(["home", *words])


def test_connect_phone_and_disconnect(database_url: str, ann: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("connect", "Patient@example.org", "u-1") == 0
    assert run("phone", "North", "+49 30 1234567") == 0
    assert capsys.readouterr().out.splitlines() == ["patient@example.org\tshows\tAnn", "North\t+49 30 1234567"]
    with pool.connect(database_url) as conn:
        found = homes.of_account(conn, ann)
        assert found is not None
        assert (found.patient, found.unit, found.phone) == ("Ann", "u-1", "+49 30 1234567")
        assert run("disconnect", "patient@example.org") == 0
        assert homes.of_account(conn, ann) is None
        deeds = conn.execute("SELECT action, subject FROM audit_event ORDER BY event_id").fetchall()
    assert deeds == [("open home", "patient:1"), ("set phone", "clinic:North"), ("open home", f"user:{ann}")]


@pytest.mark.parametrize(
    "words",
    [
        ("connect", "patient@example.org", "u-2"), ("connect", "nurse@example.org", "u-1"), ("connect", "x@y.z", "u-1"),
        ("phone", "East", "1234"), ("phone", "North", "call me"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_an_error_and_changes_nothing(database_url: str, ann: int, words: tuple[str, ...]) -> None:
    assert run(*words) != 0
    with pool.connect(database_url) as conn:
        assert conn.execute("SELECT count(*) FROM audit_event").fetchone() == (0,)
