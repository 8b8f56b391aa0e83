"""The digest: once a day, at hand-over, who is on call is told by one page how much waits on the work list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from alerts import digest
from alerts.responsibility import Move
from alerts.rota.roster import roster, rotas_of
from notifier import words
from notifier.moving import Writes
from notifier.troubles import Trouble
from notifier.words import Language
from store import digests, notices
from store.notices import NewNotice
from store.pool import Connection, transaction
from telemetry.alarms import Priority
from telemetry.rota import PRIMARY, Book, Rota

CAUSE: Final = "digest"
_DAY_US: Final = 86_400_000_000


class Digests:
    """Looks whether a line's digest is due, and sends it: of several notifiers one does."""

    def __init__(self, book: Callable[[Connection, int], Book]) -> None:
        self._book = book
        self._done: dict[int, date] = {}  # by rota: no need to ask the database again

    def look(self, conn: Connection, now_us: int) -> list[Trouble]:
        """Send what is due. It is no trouble: the list is always empty."""
        book = self._book(conn, now_us)
        for rota in book.rotas:
            day = digest.due_day(rota, now_us) if rota.line == PRIMARY else None
            if day is not None and self._done.get(rota.rota_id) != day:
                with transaction(conn, "tell what is on the work list"):
                    if digests.begin(conn, rota.rota_id, day, now_us):
                        _tell(conn, book, rota, day, now_us)
                self._done[rota.rota_id] = day
        return []


def _tell(conn: Connection, book: Book, rota: Rota, day: date, now_us: int) -> None:
    user_id = roster(book, rota.clinic_id, rota.audience, now_us).primary
    serves_all = rota.clinic_id is None
    listed, oldest_us = digests.work_list(conn, rota.audience, _clinics(book, rota), of_none=serves_all)
    if user_id is None or not listed or oldest_us is None:
        return
    days = max(0, now_us - oldest_us) // _DAY_US
    new = NewNotice(None, None, rota.clinic_id, rota.audience, CAUSE, f"{day} of rota {rota.rota_id}", Priority.LOW)
    (row,) = notices.open_all(conn, [new], now_us)
    writes = Writes()
    # Nothing is asked: it is over as it begins, and on record.
    writes.move(row, Move.RESOLVE, now_us, words.digest(listed, days, Language.ENGLISH))
    writes.flush(conn, now_us)
    digests.send(conn, rota.rota_id, day, row.notice_id, user_id, listed, days, now_us)


def _clinics(book: Book, rota: Rota) -> list[int]:
    """The clinics a line serves: its own, or all that have none of their own."""
    if rota.clinic_id is not None:
        return [rota.clinic_id]
    return [clinic for clinic in book.clinics if rota in rotas_of(book, clinic, rota.audience)]
