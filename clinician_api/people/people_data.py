"""What the API asks of the store about people, their sessions and screens on walls: a part of `clinician_api.data`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from store import accounts, audit, kiosks, pool
from store.accounts import Account, Origin, StoredSession
from store.audit import Deed
from store.kiosks import Kiosk

__all__ = ["Account", "Kiosk", "Origin", "PeopleData", "StoredSession"]


class PeopleData:
    """Beside `Data`, on its pool. Every method may raise StoreError, which becomes a 503."""

    def __init__(self, opened: Callable[[], pool.Pool]) -> None:
        self._opened = opened

    async def account(self, email: str) -> Account | None:
        """The account of an e-mail, disabled or not."""
        async with self._opened().connection() as conn:
            return await accounts.user_by_email(conn, email)

    async def begin_session(
        self, token_hash: bytes, user_id: int, now_us: int, expires_us: int, origin: Origin
    ) -> None:  # fmt: skip
        """A new session."""
        async with self._opened().transaction() as conn:
            await accounts.add_session(conn, token_hash, user_id, now_us, expires_us, origin)

    async def session(self, token_hash: bytes, now_us: int, idle_us: int) -> StoredSession | Kiosk | None:
        """Whose session it is that holds: not ended, expired or idle, its account not disabled, its kiosk there."""
        return (await self.sessions([token_hash], now_us, idle_us)).get(token_hash)

    async def sessions(
        self, token_hashes: Sequence[bytes], now_us: int, idle_us: int
    ) -> dict[bytes, StoredSession | Kiosk]:
        """The same of many at once; those that do not hold are left out. Three statements, however many they are."""
        async with self._opened().connection() as conn:
            people = await accounts.sessions(conn, token_hashes, now_us, idle_us)
            others = [one for one in token_hashes if one not in people]
            return {**people, **(await kiosks.of_tokens(conn, others) if others else {})}

    async def end_session(self, token_hash: bytes) -> None:
        """End it; ending twice is harmless."""
        async with self._opened().transaction() as conn:
            await accounts.end_session(conn, token_hash)
            await kiosks.release(conn, token_hash)

    async def bind_kiosk(self, code_hash: bytes, token_hash: bytes, now_us: int) -> Kiosk | None:
        """Make a browser the kiosk whose code it has, on record; None when the code is nobody's."""
        async with self._opened().transaction() as conn:
            kiosk = await kiosks.bind(conn, code_hash, token_hash, now_us)
            if kiosk is not None:
                actor = audit.kiosk(kiosk.kiosk_id)
                await audit.aappend(conn, Deed(now_us, actor, "bind kiosk", actor, {"clinic": kiosk.clinic}))
            return kiosk
