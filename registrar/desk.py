"""Where requests for certificates are dealt with, one at a time: both doors (HTTPS, broker) lead here."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final, TypeVar

from registrar import issuing
from registrar.authority import UNIT_DAYS, Authority
from registrar.issuing import Granted
from store import pool
from store.errors import StoreError, Trouble
from store.pool import Connection
from telemetry.clock import Clock

log = logging.getLogger(__name__)

# Issuing takes five milliseconds: whoever waits longer than this stands behind a database that hangs.
PATIENCE_S: Final = 5.0

_T = TypeVar("_T")


class Desk:
    """One connection to the database, taken up anew when it broke. Every method may be called from any thread."""

    def __init__(self, database_url: str, authority: Authority, clock: Clock, unit_days: float = UNIT_DAYS) -> None:
        self.authority = authority
        self._url = database_url
        self._clock = clock
        self._days = unit_days
        self._lock = threading.Lock()
        self._conn: Connection | None = None

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            self._drop()

    def enrol(self, code: str, request: bytes) -> Granted:
        """A box's first certificate; issuing.Refused or StoreError."""
        return self.do(
            lambda conn: issuing.enrol(conn, self.authority, code, request, self._clock.now_us(), self._days)
        )

    def renew(self, unit: str, shard: int, request: bytes, proof: bytes) -> Granted:
        """A box's next certificate, for a request proven by the key it has; issuing.Refused or StoreError."""
        return self.do(
            lambda conn: issuing.renew(
                conn, self.authority, unit, shard, request, proof, self._clock.now_us(), self._days
            )
        )

    def do(self, work: Callable[[Connection], _T]) -> _T:
        """Whatever needs the connection; done once more on a new one when the old one turned out to be gone.

        That is safe because all our work can be repeated: what was committed and not told is found again.
        """
        if not self._lock.acquire(timeout=PATIENCE_S):
            raise StoreError("issue certificate", trouble=Trouble.BUSY, hint="the database is slow")
        try:
            if self._conn is not None:
                try:
                    return work(self._conn)
                except StoreError:
                    if not self._conn.closed:
                        raise
            self._conn = pool.connect(self._url, name="homehd registrar")
            return work(self._conn)
        finally:
            self._lock.release()

    def _drop(self) -> None:
        if self._conn is not None:
            self._conn.close()
        self._conn = None
