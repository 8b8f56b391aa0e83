"""Pages on screens: which sockets are whose, what waits for each, and what is to be asked of or told to the store.

No I/O. One task (`clinician_api.live.paging`) works off what is due; a socket's own task sends what is in its mailbox,
so that a slow screen holds up nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from alerts.delivery import DeliveryState
from clinician_api.live.views import View, moment
from store.screen_pages import ScreenPage

# Of pages a screen has not taken the newest stay; whoever has more than these reads the work list. As many, and as many
# again, are remembered as handed over already.
MAX_PAGES: Final = 500
# What waits for a store that is away; the oldest goes first. A page without a receipt is taken another way.
MAX_SAID: Final = 10_000


@dataclass(frozen=True, slots=True)
class Said:
    """What a screen of a person has done with a page: `sent` (handed to a socket), `delivered`, `read`."""

    delivery_id: int
    user_id: int
    state: DeliveryState


class Mailbox:
    """Pages for one socket; `wake` is set when there are new ones."""

    def __init__(self, wake: asyncio.Event) -> None:
        self._wake = wake
        self._pages: deque[ScreenPage] = deque(maxlen=MAX_PAGES)
        self._known: dict[int, None] = {}

    def put(self, page: ScreenPage) -> None:
        """A page; one that was put before is not put again."""
        if page.delivery_id in self._known:
            return
        self._known[page.delivery_id] = None
        if len(self._known) > 2 * MAX_PAGES:
            del self._known[next(iter(self._known))]
        self._pages.append(page)
        self._wake.set()

    def take(self) -> list[ScreenPage]:
        """What was put since the last time, in order."""
        taken = list(self._pages)
        self._pages.clear()
        return taken


class Screens:
    """The mailboxes of all open sockets, and what is due.

    Attributes:
        due: set while any of the three is not empty.
        announced: new deliveries. fresh: people to be looked up, who may have missed some. said: to be recorded.
    """

    def __init__(self) -> None:
        self.due = asyncio.Event()
        # Dictionaries as sets that keep their order.
        self.announced: dict[int, None] = {}
        self.fresh: dict[int, None] = {}
        self.said: dict[Said, None] = {}
        self._mailboxes: dict[int, set[Mailbox]] = {}

    @contextlib.contextmanager
    def waiting(self, user_id: int, wake: asyncio.Event) -> Iterator[Mailbox]:
        """A mailbox of a person during the block; what waits for a screen of theirs is looked up."""
        mailbox = Mailbox(wake)
        self._mailboxes.setdefault(user_id, set()).add(mailbox)
        self._look_up([user_id])
        try:
            yield mailbox
        finally:
            self._mailboxes[user_id].discard(mailbox)
            if not self._mailboxes[user_id]:
                del self._mailboxes[user_id]

    def look_up_all(self) -> None:
        """Announcements may have been missed."""
        self._look_up(self._mailboxes)

    def announce(self, delivery_id: int) -> None:
        """There is a new delivery, perhaps for a screen."""
        if self._mailboxes:
            self.announced[delivery_id] = None
            self.due.set()

    def say(self, said: Said) -> None:
        """To be recorded, once however often it is said."""
        self.said[said] = None
        if len(self.said) > MAX_SAID:
            del self.said[next(iter(self.said))]
        self.due.set()

    def hand(self, pages: Iterable[ScreenPage]) -> None:
        """To every mailbox of whom they are for."""
        for page in pages:
            for mailbox in self._mailboxes.get(page.user_id, ()):
                mailbox.put(page)

    def _look_up(self, user_ids: Iterable[int]) -> None:
        self.fresh.update(dict.fromkeys(user_ids))
        if self.fresh:
            self.due.set()


def page_view(page: ScreenPage, now_us: int) -> View:
    """A `PageMessage`."""
    return {
        "type": "page",
        "server_time": moment(now_us),
        "delivery": str(page.delivery_id),
        "notice_id": str(page.notice_id),
        "priority": page.priority,
        "queued_at": moment(page.queued_us),
    }
