"""Sessions that end while their screens are open, each screen with a session of its own: part of `bench.live`.

Of those that end a third are signed out elsewhere, a third have their account closed, a third another role. Each must
be dark five seconds later, and nobody else.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Sequence
from typing import Final

from store import accounts, notices, pool

WITHIN_S: Final = 5.0
WATCHED_S: Final = 8.0
_FATES: Final = (
    "DELETE FROM session WHERE user_id = ANY (%s)",
    "UPDATE user_account SET disabled_at = now() WHERE user_id = ANY (%s)",
    "UPDATE user_account SET role = 'technician' WHERE user_id = ANY (%s)",
)


class Sessions:
    """As many people as screens. Attributes: cookies: of all, those that will be shut out first."""

    def __init__(self, url: str, people: int, shut_out: int) -> None:
        self.shut_out = shut_out
        self.cookies: list[str] = []
        self._url = url
        self._users: list[int] = []
        self._ended_s = float("inf")
        with pool.connect(url) as conn, pool.transaction(conn, "build"):
            now_us = notices.database_us(conn)
            for number in range(people):
                token = secrets.token_urlsafe(32)
                user = accounts.add_user(
                    conn, email=f"own{number}@example.org", name=f"own{number}", role="nephrologist", clinic_id=1,
                    password_hash="-", now_us=now_us,
                )  # fmt: skip
                conn.execute(
                    "INSERT INTO session (token_hash, user_id, created_at, expires_at)"
                    " VALUES (%s, %s, now(), now() + interval '1 hour')",
                    [hashlib.sha256(token.encode()).digest(), user],
                )
                self._users.append(user)
                self.cookies.append(f"homehd_session={token}")

    def end(self) -> None:
        """Let it come over those."""
        with pool.connect(self._url) as conn, pool.transaction(conn, "end sessions"):
            for number, fate in enumerate(_FATES):
                conn.execute(fate.encode(), [self._users[number : self.shut_out : len(_FATES)]])
        self._ended_s = time.time()

    def told(self, shut_at_s: Sequence[float], lost: int) -> str:
        """What came of it, for a person."""
        last_s = max(shut_at_s, default=float("nan")) - self._ended_s
        return (
            f"Of {len(self._users)} sessions {self.shut_out} ended: {len(shut_at_s)} of their screens were closed,"
            f" the last after {last_s:.1f} s; of the others {lost}"
        )

    def is_fine(self, shut_at_s: Sequence[float], lost: int) -> bool:
        """Whether all of them were closed in time, and nobody else."""
        in_time = [at_s for at_s in shut_at_s if at_s - self._ended_s <= WITHIN_S]
        return len(in_time) == self.shut_out and not lost
