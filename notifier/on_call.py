"""Who is on call for a notice now, from the rotas as they stand, and what is wrong with the days ahead."""

from __future__ import annotations

from typing import Final

from alerts.escalation import People
from alerts.rota.findings import findings
from alerts.rota.roster import roster
from notifier.troubles import Trouble
from store import channels, rota
from store.notices import NoticeRow
from store.pool import Connection
from telemetry.alarms import Priority
from telemetry.rota import BACKUP, LINE_WORDS, PRIMARY, Audience, Book

_NAMED: Final = 10  # of those who may answer, where nobody is on call
# In a storm a thousand steps are taken in a second: the rotas are not read for each.
KEPT_US: Final = 1_000_000
# Whom it is taken to when those whose it is have not answered. What is about a patient goes to nobody else: operations
# has a trouble of its own (notifier.pathway).
_PATHWAY: Final = {
    # What has to be mended is no clinician's: a silent treatment asks them by a notice of its own.
    Audience.TECHNICAL: Audience.OPERATIONS,
    Audience.OPERATIONS: Audience.CLINICAL,
}


class OnCall:
    """Reads the rotas, at most once a second."""

    def __init__(self) -> None:
        self._book: Book | None = None
        self._read_us = 0
        self._people: dict[tuple[int | None, str], People] = {}

    def __call__(self, conn: Connection, row: NoticeRow, now_us: int) -> People:
        """The people a notice is taken to, in the order of its steps."""
        book, key = self.book(conn, now_us), (row.clinic_id, row.audience)
        if key not in self._people:
            audience = Audience(row.audience)
            own = roster(book, row.clinic_id, audience, now_us)
            other = _PATHWAY.get(audience)
            pathway = () if other is None else roster(book, row.clinic_id, other, now_us).everyone
            self._people[key] = People(_line(own.primary), _line(own.backup), own.everyone, pathway)
        return self._people[key]

    def troubles(self, conn: Connection, now_us: int) -> list[Trouble]:
        """What is wrong with the days ahead: asked about from a day before it matters, on the work list before."""
        found = findings(self.book(conn, now_us), channels.last_tested(conn), now_us)
        return [
            Trouble(
                "rota", one.key, one.clinic_id, str(Audience.OPERATIONS),
                Priority.MEDIUM if one.urgent else Priority.LOW, f"{one.where}: {one.what}. {one.action}",
            )
            for one in found
        ]  # fmt: skip

    def duty(self, conn: Connection, clinic_id: int | None, now_us: int) -> str:
        """Who is on call for a clinic's patients, by name; where nobody is, why, and who else may answer."""
        book = self.book(conn, now_us)
        found = roster(book, clinic_id, Audience.CLINICAL, now_us)
        named = {PRIMARY: found.primary, BACKUP: found.backup}
        lines = [f"{LINE_WORDS[line]} {_name(book, user)}" for line, user in named.items() if user is not None]
        if lines:
            return "On call: " + ", ".join(lines)
        others = ", ".join(_name(book, user) for user in found.everyone[:_NAMED]) or "nobody"
        return f"On call: nobody ({found.why[PRIMARY]}); who may answer: {others}"

    def book(self, conn: Connection, now_us: int) -> Book:
        """All rotas, at most a second old."""
        if self._book is None or not 0 <= now_us - self._read_us < KEPT_US:
            self._book, self._read_us = rota.load(conn, now_us), now_us
            self._people = {}
        return self._book


def _name(book: Book, user_id: int) -> str:
    person = book.people.get(user_id)
    return "somebody" if person is None else person.name


def _line(user_id: int | None) -> tuple[int, ...]:
    return () if user_id is None else (user_id,)
