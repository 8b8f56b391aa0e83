"""Teams as they are kept: one name a clinic, members with an end, patients of the clinic only."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import accounts, audit, kiosks, migrate, patients, pool, registry, teams
from store.errors import StoreError, Trouble
from store.pool import Connection
from store.teams import Team
from telemetry.clock import SystemClock
from tests.store.conftest import NOW_US

MIGRATIONS = Path(migrate.__file__).parent / "sql/migrations"


@pytest.fixture
def north(conn: Connection) -> Connection:
    """Two clinics, a patient in each, and an account of the second."""
    for number, clinic in enumerate(("North", "South"), 1):
        assert registry.add_clinic(conn, clinic) == number
        patients.add_patient(conn, f"P{number}", number, patients.Prescription())
    accounts.add_user(
        conn, email="n@example.org", name="Nia", role="nurse", clinic_id=2, password_hash="", now_us=NOW_US
    )
    return conn


def test_a_team_has_members_until_their_day_and_patients_of_its_clinic(north: Connection) -> None:
    team = teams.add(north, 1, " East ", NOW_US)
    teams.put_member(north, team, 1, NOW_US + 10)
    assert teams.put_patient(north, team, 1)
    assert not teams.put_patient(north, team, 2), "a patient of another clinic"
    (found,) = teams.all_of(north, NOW_US)
    assert (found.name, found.clinic, found.by_team, found.patients) == ("East", "North", False, ((1, "P1"),))
    assert [(one.name, one.clinic, one.until_us) for one in found.members] == [("Nia", "South", NOW_US + 10)]
    assert teams.all_of(north, NOW_US + 10)[0].members == ()
    teams.put_member(north, team, 1, None)
    assert teams.put_patient(north, team, 1, NOW_US)
    (found,) = teams.all_of(north, NOW_US + 10)
    assert (len(found.members), found.patients) == (1, ())


def test_names_are_one_of_a_clinic_and_found_in_any_case(north: Connection) -> None:
    first = teams.add(north, 1, "East", NOW_US)
    with pytest.raises(StoreError) as caught:
        teams.add(north, 1, "EAST", NOW_US)
    assert caught.value.trouble is Trouble.CONFLICT
    teams.add(north, 2, "East", NOW_US)
    assert teams.named(north, "east", "North", NOW_US).team_id == first
    for name, clinic, hint in (("east", None, "--clinic"), ("west", None, "team list")):
        with pytest.raises(StoreError, match=hint):
            teams.named(north, name, clinic, NOW_US)
    assert (teams.clinic_named(north, "south"), teams.clinic_named(north, "x")) == (2, None)


def test_a_screen_of_a_team_that_is_removed_shows_its_clinic(north: Connection) -> None:
    team = teams.add(north, 1, "East", NOW_US)
    number = kiosks.add(north, "Ward", 1, b"x" * 32, NOW_US, NOW_US + 1)
    kiosks.show_team(north, number, team)
    assert kiosks.named(north, "ward").team == "East"
    with pool.transaction(north):
        assert teams.remove(north, team, NOW_US) == ["Ward"]
    assert (kiosks.named(north, "ward").team_id, teams.all_of(north, NOW_US)) == (None, [])
    assert teams.add(north, 1, "East", NOW_US) != team, "the name is free"


def test_who_is_in_no_team_is_known_where_the_clinic_goes_by_team(north: Connection) -> None:
    assert teams.of_no_team(north, 1) == []
    assert teams.go_by_team(north, "north", by_team=True) == (1, "North")
    assert teams.of_no_team(north, 1) == [1]
    team = teams.add(north, 1, "East", NOW_US)
    teams.put_patient(north, team, 1)
    assert teams.of_no_team(north, 1) == []
    teams.remove(north, team, NOW_US)
    assert teams.of_no_team(north, 1) == [1], "the clinic looks after whom no team does"
    with pytest.raises(StoreError, match="units list"):
        teams.go_by_team(north, "West", by_team=True)


def test_who_was_a_guest_without_an_end_has_one_since_the_migration(north: Connection) -> None:
    for email, clinic in (("own@example.org", 1), ("all@example.org", None)):
        accounts.add_user(conn=north, email=email, name="O", role="administrator", clinic_id=clinic,
                          password_hash="", now_us=NOW_US)  # fmt: skip
    team = teams.add(north, 1, "East", NOW_US)
    for user_id in (1, 2, 3):
        teams.put_member(north, team, user_id, None)
    north.execute((MIGRATIONS / "0037_guests_end.sql").read_bytes())
    now_us = SystemClock().now_us()
    (found,) = teams.all_of(north, now_us)
    ends = {one.user_id: one.until_us for one in found.members}
    assert ends[2] is None, "of the own clinic nobody needs one"
    assert all(89 * 86_400_000_000 < (ends[guest] or 0) - now_us <= 90 * 86_400_000_000 for guest in (1, 3))
    deeds = north.execute("SELECT subject, detail ->> 'user' FROM audit_event ORDER BY event_id").fetchall()
    assert deeds == [(f"team:{team}", "1"), (f"team:{team}", "3")]
    assert audit.verify(north).broken is None


@pytest.mark.parametrize(
    ("clinic_id", "days", "has"),
    [(1, None, True), (1, 400, True), (2, None, False), (None, None, False), (2, 90, True), (2, 90.1, False)],
)
def test_a_guest_has_an_end_within_ninety_days(clinic_id: int | None, days: float | None, has: bool) -> None:
    team = Team(1, "East", 1, "North", False, (), ())
    until = None if days is None else NOW_US + round(days * 86_400_000_000)
    assert teams.guest_has_end(team, clinic_id, until, NOW_US) is has
