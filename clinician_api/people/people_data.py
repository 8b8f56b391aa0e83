"""What the API asks of the store about people, their sessions and screens on walls: a part of `clinician_api.data`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from store import accounts, audit, kiosks, pool, session_ends
from store.accounts import Account, Origin, StoredSession
from store.audit import Deed
from store.kiosks import Kiosk
from store.session_ends import named

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
        """A new session, on record."""
        async with self._opened().transaction() as conn:
            await accounts.add_session(conn, token_hash, user_id, now_us, expires_us, origin)
            who = audit.person(user_id)
            detail = {"session": named(token_hash), "how": origin.how, "address": origin.address}
            await audit.aappend(conn, Deed(now_us, who, session_ends.SIGN_IN, who, detail))

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

    async def end_session(self, token_hash: bytes, now_us: int, by: str | None = None) -> None:
        """End it, on record; twice is harmless and one row. `by`: who signed in in its browser; None: signed out."""
        async with self._opened().transaction() as conn:
            user_id = await accounts.end_session(conn, token_hash)
            kiosk_id = await kiosks.release(conn, token_hash)
            for deed in _ends(now_us, by, token_hash, user_id, kiosk_id):
                await audit.aappend(conn, deed)

    async def end_overdue(self, now_us: int, idle_us: int, limit: int) -> int:
        """End some of the sessions that are over by themselves, on record, a row a person; how many sessions."""
        async with self._opened().transaction() as conn:
            over = await session_ends.end_overdue(conn, now_us, idle_us, limit)
            ended: defaultdict[tuple[int, str], list[bytes]] = defaultdict(list)
            for one in over:
                ended[one.user_id, "expired" if one.expired else "not used"].append(one.token_hash)
            for (user_id, why), theirs in sorted(ended.items()):
                for deed in session_ends.end_deeds(now_us, audit.service("api"), user_id, theirs, why):
                    await audit.aappend(conn, deed)
            return len(over)

    async def bind_kiosk(self, code_hash: bytes, token_hash: bytes, now_us: int) -> Kiosk | None:
        """Make a browser the kiosk whose code it has, on record; None when the code is nobody's."""
        async with self._opened().transaction() as conn:
            kiosk = await kiosks.bind(conn, code_hash, token_hash, now_us)
            if kiosk is not None:
                actor = audit.kiosk(kiosk.kiosk_id)
                await audit.aappend(conn, Deed(now_us, actor, "bind kiosk", actor, {"clinic": kiosk.clinic}))
            return kiosk


def _ends(now_us: int, by: str | None, token_hash: bytes, user_id: int | None, kiosk_id: int | None) -> Iterator[Deed]:
    if user_id is not None and by is None:
        who = audit.person(user_id)
        yield Deed(now_us, who, session_ends.SIGN_OUT, who, {"session": named(token_hash)})
    elif user_id is not None and by is not None:
        yield from session_ends.end_deeds(now_us, by, user_id, [token_hash], "signed in again")
    if kiosk_id is not None:
        wall = audit.kiosk(kiosk_id)
        yield Deed(now_us, by or wall, session_ends.RELEASE, wall)
