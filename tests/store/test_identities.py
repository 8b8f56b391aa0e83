"""A subject of the provider is one account, once and for ever."""

from __future__ import annotations

from store import account_moves, accounts, identities, registry
from store.account_moves import AccountMove
from store.pool import Connection, Pool
from tests.store.conftest import NOW_US

ISSUER = "https://id.example"


async def test_a_subject_and_an_account_are_linked_once(conn: Connection, apool: Pool) -> None:
    clinic = registry.add_clinic(conn, "North")
    async with apool.transaction() as aconn:
        made = [
            await identities.add_account(
                aconn, email=email, name="A", role="nurse", clinic_id=None, password_hash="x", now_us=NOW_US
            )
            for email in ("a@x", "b@x")
        ]
        assert await identities.account_of(aconn, ISSUER, "s") is None
        assert await identities.link(aconn, ISSUER, "s", made[0], NOW_US)
        assert not await identities.link(aconn, ISSUER, "s", made[1], NOW_US)
        assert not await identities.link(aconn, ISSUER, "another", made[0], NOW_US)
        await identities.lock(aconn, made[0])
        assert await identities.clinic_id(aconn, "North") == clinic
        assert await identities.clinic_id(aconn, "South") is None
        await accounts.add_session(
            aconn, b"t" * 32, made[0], NOW_US, NOW_US + 9_000_000, accounts.Origin("hospital", "", "")
        )
        await account_moves.amove(aconn, AccountMove(made[0], "technician", clinic, (), leaves=True), NOW_US)
        found = await identities.account_of(aconn, ISSUER, "s")
        assert found is not None
        assert (found.role, found.clinic) == ("technician", "North")
        assert await accounts.session(aconn, b"t" * 32, NOW_US) is None
