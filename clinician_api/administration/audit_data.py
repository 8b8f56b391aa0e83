"""What the API asks of the record of deeds, and the walk along its chain that a person has asked for.

Outside the second wall: the chain is one, of all clinics. Rows are filtered by clinic in the question itself.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from typing import Any, Final, TypeVar

from clinician_api.live.views import View, moment
from store import audit, audit_browse, pool
from store.audit import Deed
from store.audit_browse import Check, Row, Wanted
from store.errors import StoreError
from store.pool import Connection
from telemetry.clock import Clock

log = logging.getLogger(__name__)

_T = TypeVar("_T")
# Rows in memory at a time, however long the export.
EXPORT_ROWS: Final = 1000
# A walk and a question. Of its own, so that a record of years holds up no password and no chart.
THREADS: Final = 2
DUE_US: Final = 24 * 3600 * 1_000_000
COLUMNS: Final = ("row", "at", "actor", "who", "action", "subject", "about", "detail")


class AuditData:
    """Beside `Data`, on connections of its own. Every method may raise StoreError, which becomes a 503."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._threads = ThreadPoolExecutor(THREADS, "record")
        self._walking: asyncio.Task[None] | None = None
        self._looked_at = 0

    async def page(self, wanted: Wanted, before: int | None, limit: int) -> list[Row]:
        """A part of the record, newest first."""
        return await self._in_thread(lambda conn: audit_browse.page(conn, wanted, before, limit))

    async def actions(self) -> list[str]:
        """Every kind of deed."""
        return await self._in_thread(audit_browse.actions)

    async def chain(self) -> View:
        """`ChainView`."""
        last, rows = await self._in_thread(lambda conn: (audit_browse.last_check(conn), audit_browse.newest(conn)))
        running = self._walking is not None and not self._walking.done()
        return chain_view(last, rows, self._looked_at if running else None)

    def walk(self, asked_by: str, clock: Clock) -> None:
        """Begin a walk along the whole chain, unless one goes on here."""
        if self._walking is None or self._walking.done():
            self._looked_at = 0
            self._walking = asyncio.create_task(self._walk(asked_by, clock), name="walk the audit chain")

    async def walk_when_due(self, clock: Clock) -> None:
        """Walk along the whole chain when nobody has for a day, and wait for its end."""
        last = await self._in_thread(audit_browse.last_check)
        if last is None or clock.now_us() - last.ended_us >= DUE_US:
            self.walk(audit.service("api"), clock)
        if self._walking is not None:
            await self._walking

    async def _walk(self, asked_by: str, clock: Clock) -> None:
        def progress(count: int) -> None:
            self._looked_at = count

        try:
            found = await self._in_thread(lambda conn: audit_browse.check(conn, asked_by, clock.now_us, progress))
        except StoreError as error:
            log.warning("walk along the audit chain failed", extra={"fields": {"error": error.line()}})
            return
        if found is not None and found.broken is not None:
            log.error("the audit chain is broken", extra={"fields": {"row": found.broken, "why": found.why}})

    async def export(self, wanted: Wanted, *, as_csv: bool) -> AsyncIterator[bytes]:
        """All those rows, newest first; what is written meanwhile is not among them. Begins with the first rows."""
        before: int | None = None
        while True:
            rows = await self.page(wanted, before, EXPORT_ROWS)
            if before is None and as_csv:
                yield _csv([list(COLUMNS)])
            if rows:
                views = [row_view(row, wanted.clinic_id) for row in rows]
                yield csv_lines(views) if as_csv else _lines(views)
            if len(rows) < EXPORT_ROWS:
                return
            before = rows[-1].event_id

    async def note_export(self, actor: str, now_us: int) -> None:
        """Put on record that somebody takes the record away."""
        await self._in_thread(lambda conn: audit.append(conn, Deed(now_us, actor, "export record", actor)))

    async def _in_thread(self, work: Callable[[Connection], _T]) -> _T:
        def done() -> _T:
            with closing(pool.connect(self._url, name="homehd api record")) as conn:
                return work(conn)

        return await asyncio.get_running_loop().run_in_executor(self._threads, copy_context().run, done)


def chain_view(last: Check | None, rows: int, looked_at: int | None) -> View:
    """`ChainView`; `looked_at` None: no walk goes on."""
    state = "never" if last is None else "broken" if last.broken is not None else "intact"
    return {
        "state": state, "rows": rows, "verified_rows": last.held if last else 0,
        "verified_at": moment(last.ended_us) if last else None, "broken_row": last.broken if last else None,
        "why": last.why if last else "", "running": looked_at is not None, "looked_at": looked_at or 0,
    }  # fmt: skip


def row_view(row: Row, clinic_id: int | None) -> View:
    """`DeedView`. Whom else somebody of all clinics looked at is not told to an administrator of one."""
    detail: Any = json.loads(row.detail)
    if not isinstance(detail, dict):
        detail = {"detail": detail}
    if clinic_id is not None:
        detail.pop("patients", None)
    return {
        "row": str(row.event_id), "at": moment(row.at_us), "actor": row.actor, "who": row.who, "action": row.action,
        "subject": row.subject, "about": row.about, "detail": detail,
    }  # fmt: skip


def csv_lines(views: list[View]) -> bytes:
    """Rows as CSV (RFC 4180). A cell that a spreadsheet would calculate is quoted as text."""
    return _csv([[_cell(view[name]) for name in COLUMNS] for view in views])


def _cell(value: Any) -> str:
    text = json.dumps(value, sort_keys=True) if isinstance(value, dict) else _plain(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else str(value.isoformat())


def _csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8", "replace")


def _lines(views: list[View]) -> bytes:
    lines = (json.dumps({**view, "at": view["at"].isoformat()}, sort_keys=True) + "\n" for view in views)
    return "".join(lines).encode()
