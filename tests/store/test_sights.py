"""What decides who sees whom, as it is read at one moment."""

from __future__ import annotations

from store import accounts, break_glass, patients, pool, registry, sights, teams
from store.pool import Connection
from store.sights import Sights
from tests.store.conftest import NOW_US

HOUR_US = 3_600_000_000


async def test_all_of_it_is_read_and_what_is_over_is_not(conn: Connection, database_url: str) -> None:
    for number, name in enumerate(("Ann", "Bob"), 1):
        unit = registry.add_unit(conn, f"Home {name}", "North", NOW_US, name=f"u-{number}")
        patients.bind(conn, unit.unit_id, patients.add_patient(conn, name, 1, patients.Prescription()), NOW_US)
    for number in (1, 2):
        accounts.add_user(
            conn, email=f"n{number}@example.org", name="N", role="nurse", clinic_id=1, password_hash="", now_us=NOW_US
        )
    opened = await pool.open_pool(database_url, size=1)
    async with opened.connection() as task:
        assert await sights.read(task, NOW_US) == Sights()
        team = teams.add(conn, 1, "East", NOW_US)
        teams.put_member(conn, team, 1, None)
        teams.put_member(conn, team, 2, NOW_US)
        teams.put_patient(conn, team, 1)
        teams.go_by_team(conn, "North", by_team=True)
        glass = break_glass.open_glass(conn, 2, 1, "because of a test", NOW_US, NOW_US + HOUR_US)
        for state, user in (("asking", None), ("over", None)):
            conn.execute(
                "INSERT INTO notice"
                " (unit_id, clinic_id, audience, cause, subject, opened_at, priority, state, accepted_by)"
                " VALUES (2, 1, 'clinical', %s, '', now(), 'low', %s, %s)",
                [state, state, user],
            )
        conn.execute("UPDATE notice SET accepted_by = 1")
        found = await sights.read(task, NOW_US)
        assert (found.by_team, found.members) == ({1}, ((1, team, None),))
        assert (found.team_patients, found.of_no_team) == ({team: {1}}, {1: {2}})
        assert (found.opened, found.asked) == (((2, 1, glass, NOW_US + HOUR_US),), {1: {2}})
        assert found.clinic_of == {1: 1, 2: 1}
        later = await sights.read(task, NOW_US + HOUR_US)
        assert later.opened == ()
        conn.execute("UPDATE notice SET state = 'over'")
        assert (await sights.read(task, NOW_US)).asked == {}
    await opened.close()
