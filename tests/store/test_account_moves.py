"""Another role or clinic: the same ends with it on either sort of connection."""

from __future__ import annotations

import pytest

from store import account_moves, accounts, registry, teams
from store.account_moves import AccountMove
from store.pool import Connection, Pool
from tests.store.conftest import NOW_US

HOUR_US = 3_600_000_000


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("leaves", [False, True])
async def test_sessions_end_and_teams_elsewhere_are_left(
    conn: Connection, apool: Pool, asynchronous: bool, leaves: bool
) -> None:
    north, south = (registry.add_clinic(conn, name) for name in ("North", "South"))
    user = accounts.add_user(
        conn, email="a@x", name="A", role="nurse", clinic_id=north, password_hash="x", now_us=NOW_US
    )
    for clinic in (north, south):
        teams.put_member(conn, teams.add(conn, clinic, "East", NOW_US), user, NOW_US + HOUR_US)
    to = AccountMove(user, "on-call", south if leaves else north, (), leaves=leaves)
    async with apool.transaction() as aconn:
        origin = accounts.Origin("password", "", "")
        await accounts.add_session(aconn, b"t" * 32, user, NOW_US, NOW_US + HOUR_US, origin)
    if asynchronous:
        async with apool.transaction() as aconn:
            await account_moves.amove(aconn, to, NOW_US)
    else:
        account_moves.move(conn, to, NOW_US)
    assert conn.execute("SELECT count(*) FROM session").fetchall() == [(0,)]
    (account,) = accounts.list_users(conn)
    assert (account.role, account.clinic_id) == ("on-call", to.clinic_id)
    members = {team.clinic: len(team.members) for team in teams.all_of(conn, NOW_US)}
    assert members == {"North": 0 if leaves else 1, "South": 1}
