"""Who holds how many connections: nobody all of them. Pure.

A connection without a place is told so when its request is there, and takes nobody's place meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable


class Places:
    """The places of one server: `most` altogether, `each` for one address.

    The address None is that of a proxy of ours that has not said yet for whom it asks: only `most` bounds it.
    """

    def __init__(self, most: int, each: int) -> None:
        self._most = most
        self._each = each
        self._placed: dict[Hashable, str | None] = {}
        self._waiting: dict[Hashable, str | None] = {}
        self._of: tuple[Counter[str | None], Counter[str | None]] = (Counter(), Counter())

    def come(self, who: Hashable, address: str | None) -> bool:
        """A connection was made. False: hang up, as many of that address wait as there are places altogether."""
        placed, waiting = self._of
        free = len(self._placed) < self._most and (address is None or placed[address] < self._each)
        if not free and address is not None and waiting[address] >= self._most:
            return False
        holders, count = (self._placed, placed) if free else (self._waiting, waiting)
        holders[who] = address
        count[address] += 1
        return True

    def is_placed(self, who: Hashable, address: str | None) -> bool:
        """Whether it has a place, or gets one now; a connection of a proxy asks for another address each time."""
        if self._placed.get(who, ()) != address:
            self.go(who)
            self.come(who, address)
        return who in self._placed

    def hand_on(self, who: Hashable, heir: Hashable) -> None:
        """What `who` holds is `heir`'s from now on."""
        for holders in (self._placed, self._waiting):
            if who in holders:
                holders[heir] = holders.pop(who)

    def go(self, who: Hashable) -> None:
        """The connection has ended, or never had a place."""
        for holders, count in zip((self._placed, self._waiting), self._of, strict=True):
            if who in holders:
                address = holders.pop(who)
                count[address] -= 1
                if not count[address]:
                    del count[address]  # addresses come and go: none is remembered
