"""Half a sign-in is good once, in time, for its kind and its person."""

from __future__ import annotations

from store import accounts, sign_in_steps
from store.pool import Connection, Pool
from store.sign_in_steps import HOSPITAL, OWN_PASSKEY, PASSKEY
from tests.store.conftest import NOW_US

A, B = b"a" * 32, b"b" * 32


async def test_a_step_is_taken_once_by_its_kind_and_its_person_in_time(conn: Connection, apool: Pool) -> None:
    user = accounts.add_user(
        conn, email="a@x", name="A", role="nurse", clinic_id=None, password_hash="x", now_us=NOW_US
    )  # fmt: skip
    async with apool.connection() as aconn:
        await sign_in_steps.add(aconn, A, HOSPITAL, None, {"nonce": "n"}, NOW_US, NOW_US + 10)
        assert await sign_in_steps.take(aconn, A, PASSKEY, NOW_US) is None, "of another kind"
        found = await sign_in_steps.take(aconn, A, HOSPITAL, NOW_US)
        assert found is not None
        assert (found.user_id, found.content) == (None, {"nonce": "n"})
        assert await sign_in_steps.take(aconn, A, HOSPITAL, NOW_US) is None, "used"
        await sign_in_steps.add(aconn, A, OWN_PASSKEY, user, {}, NOW_US, NOW_US + 10)
        assert await sign_in_steps.take(aconn, A, OWN_PASSKEY, NOW_US, user + 1) is None, "another's"
        assert await sign_in_steps.take(aconn, A, OWN_PASSKEY, NOW_US + 10, user) is None, "too late"
        await sign_in_steps.add(aconn, A, PASSKEY, user, {}, NOW_US, NOW_US + 10)
        await sign_in_steps.add(aconn, B, PASSKEY, user, {}, NOW_US + 10, NOW_US + 20)
    assert conn.execute("SELECT token_hash FROM sign_in_step").fetchall() == [(B,)], "those nobody came for are swept"
