"""Sessions that were checked a while ago, for when the database cannot be asked. Pure: the time is handed in.

An outage must not darken the screens of people who are signed in. For a bounded time a session counts as it was when it
was last checked; what has happened to it meanwhile (account disabled, role changed) is unknown that long.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from clinician_api.people.sessions import Session

# More people than one process serves; the one checked longest ago goes first.
MAX_SESSIONS: Final = 10_000


class Trust:
    """By the hash of its token, each session as it was last checked; none for longer than `limit_s`."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._checked: OrderedDict[bytes, tuple[Session, float]] = OrderedDict()

    def remember(self, session: Session, now_s: float) -> None:
        """It was checked just now, and holds."""
        self._checked[session.token_hash] = (session, now_s)
        self._checked.move_to_end(session.token_hash)
        if len(self._checked) > MAX_SESSIONS:
            self._checked.popitem(last=False)

    def forget(self, token_hash: bytes) -> None:
        """It holds no longer, or its owner has gone."""
        self._checked.pop(token_hash, None)

    def forget_person(self, user_id: int) -> set[bytes]:
        """None of this person's holds any longer; which those were."""
        theirs = {key for key, (session, _) in self._checked.items() if session.user_id == user_id}
        for token_hash in theirs:
            self.forget(token_hash)
        return theirs

    def recall(self, token_hash: bytes, now_us: int, now_s: float) -> Session | None:
        """The session as it was checked, unless that is too long ago or it has expired since."""
        session, checked_s = self._checked.get(token_hash, (None, 0.0))
        if session is None or now_s - checked_s > self._limit_s or session.expires_us <= now_us:
            return None
        return session
