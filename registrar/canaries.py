"""Two certificates nobody speaks with: a revoked one that the broker must refuse, a good one that must hear nothing.

With each new revocation list comes a new revoked canary, so that a broker which still goes by the old list is found
out. Their names begin like a service's, which no unit's does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509

from registrar import ca_files, identities
from registrar.authority import SERVICE_PREFIX, Authority, serial_of
from store import certificates
from store.pool import Connection, transaction
from telemetry.broker_tls import TlsFiles

_REVOKED: Final = "canary"
_GOOD: Final = "probe"
PROBE_NAME: Final = SERVICE_PREFIX + _GOOD


@dataclass(frozen=True, slots=True)
class Canaries:
    """Both, in the authority's folder."""

    authority: Authority
    folder: Path

    def revoked(self) -> TlsFiles:
        """The revoked one; `renew` has made it."""
        return self._files(_REVOKED)

    def good(self, conn: Connection, now_us: int) -> TlsFiles:
        """The good one, made anew in good time."""
        identities.service(conn, self.authority, self._path(_GOOD), _GOOD, now_us)
        return self._files(_GOOD)

    def renew(self, conn: Connection, now_us: int) -> None:
        """Make a new revoked one: the next list names it."""
        path = self._path(_REVOKED)
        path.unlink(missing_ok=True)
        identities.service(conn, self.authority, path, _REVOKED, now_us)
        serial = serial_of(x509.load_pem_x509_certificate(path.read_bytes()))
        with transaction(conn, "revoke the canary"):
            certificates.revoke_certificate(conn, serial, now_us)

    def _path(self, name: str) -> Path:
        return self.folder / f"{SERVICE_PREFIX}{name}.pem"

    def _files(self, name: str) -> TlsFiles:
        return TlsFiles(str(self.folder / ca_files.ROOT), str(self._path(name)), str(self._path(name)))
