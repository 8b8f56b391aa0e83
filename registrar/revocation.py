"""The revocation list as a file, written anew when the database revokes something and once a day in any case."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from registrar import ca_files
from registrar.authority import Authority, as_pem, issue_crl
from store import certificates
from store.pool import Connection

log = logging.getLogger(__name__)

DAY_US: Final = 24 * 3600 * 1_000_000
# Brokers refuse everybody when the list is over: a month is time to notice that nobody writes it any more. What the
# list says is not kept from a broker for longer by that: it is written anew with every revocation.
GOOD_FOR_US: Final = 30 * DAY_US
AGAIN_US: Final = DAY_US


@dataclass(slots=True)
class CrlFile:
    """Keeps `path` up to date; the first `refresh` always writes."""

    authority: Authority
    path: Path
    written_us: int = 0
    _listed: list[tuple[str, int]] | None = field(default=None)

    @property
    def count(self) -> int:
        """How many certificates it names."""
        return len(self._listed or [])

    def refresh(self, conn: Connection, now_us: int) -> bool:
        """Write the list when it changed or grows old; True when it was written."""
        # Those that ended a day ago are refused for that: they may go.
        listed = certificates.revoked(conn, now_us - DAY_US)
        if listed == self._listed and 0 <= now_us - self.written_us < AGAIN_US and self.path.exists():
            return False
        crl = issue_crl(self.authority, listed, now_us, now_us + GOOD_FOR_US)
        ca_files.write(self.path, as_pem(crl).encode(), mode=0o644)
        if self._listed != listed:
            log.info("revocation list written", extra={"fields": {"revoked": len(listed), "file": str(self.path)}})
        self._listed, self.written_us = listed, now_us
        return True
