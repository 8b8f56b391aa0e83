"""Who looks at whom: what a session is shown of a patient, noted once in five minutes. Pure: the time is handed in.

What is noted waits here until it is written down (a second, mostly). Nobody's page waits for it: while the database is
away people see what is in memory, and that they did is written when it is back.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from store.audit import Deed
from store.session_ends import named

# A page that is open asks again and again; a wall is shown all the time.
AGAIN_S: Final = 300.0
WALL_AGAIN_S: Final = 12 * 3600.0
MAX_REMEMBERED: Final = 200_000
MAX_WAITING: Final = 20_000
# So many patients go into one row of the record.
MAX_LISTED: Final = 1_000


class What(StrEnum):
    """What was shown."""

    PAGE = "page"
    HISTORY = "history"
    TREATMENTS = "treatments"
    TRENDS = "trends"
    REPORT = "treatment report"
    ALERTS = "alerts"
    NOTICES = "notices"
    NOTES = "notes"
    WALL = "wall"
    WHAT_IF = "what if"
    PRESCRIPTION = "prescription"
    WHO_LOOKED = "who looked"
    FHIR = "FHIR record"
    FHIR_NAMES = "named FHIR record"


class Looks:
    """What has been noted, and what of it waits to be written."""

    def __init__(self) -> None:
        self._noted: OrderedDict[tuple[bytes, What, int], float] = OrderedDict()
        self._waiting: deque[Deed] = deque()
        self.lost = 0

    def note(
        self, token_hash: bytes, actor: str, what: What, patients: Iterable[int | None], now_us: int, now_s: float
    ) -> None:
        """This session was shown these patients; None among them is nobody. Said again within the time it is the same.

        One patient is the row's subject, several are listed in it.
        """
        again_s = WALL_AGAIN_S if what is What.WALL else AGAIN_S
        wanted = sorted({patient for patient in patients if patient is not None})
        new = [patient for patient in wanted if self._is_new((token_hash, what, patient), now_s, again_s)]
        session = named(token_hash)
        for start in range(0, len(new), MAX_LISTED):
            some = new[start : start + MAX_LISTED]
            if len(some) == 1:
                self.wait(Deed(now_us, actor, f"look at {what}", f"patient:{some[0]}", {"session": session}))
            else:
                detail = {"session": session, "patients": some}
                self.wait(Deed(now_us, actor, f"look at {what}", f"patients: {len(some)}", detail))

    def take(self) -> list[Deed]:
        """What waits, in order; whoever cannot write it gives it back."""
        taken = list(self._waiting)
        self._waiting.clear()
        return taken

    def give_back(self, deeds: list[Deed]) -> None:
        """It could not be written: it comes before what was noted since."""
        self._waiting.extendleft(reversed(deeds))
        while len(self._waiting) > MAX_WAITING:
            self._waiting.pop()
            self.lost += 1

    def wait(self, deed: Deed) -> None:
        """It is written with the others."""
        if len(self._waiting) >= MAX_WAITING:
            self.lost += 1
            return
        self._waiting.append(deed)

    def _is_new(self, key: tuple[bytes, What, int], now_s: float, again_s: float) -> bool:
        last = self._noted.get(key)
        if last is not None and now_s - last < again_s:
            self._noted.move_to_end(key)  # a wall that is looked at all night is not the first to be forgotten
            return False
        self._noted[key] = now_s
        self._noted.move_to_end(key)
        if len(self._noted) > MAX_REMEMBERED:
            self._noted.popitem(last=False)
        return True
