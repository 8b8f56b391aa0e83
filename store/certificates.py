"""The authority, the certificates it issued, and the one-time codes boxes enrol with.

What is decided about them is `registrar`'s; here it is only kept. Locking a unit keeps everything about it from
changing until the transaction ends, so whoever issues or revokes locks it first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from store.pool import Connection
from store.queries import run
from store.values import storable_text, storable_us


@dataclass(frozen=True, slots=True)
class KnownAuthority:
    """The authority whose certificates count: SHA-256 of its certificate, and the certificate as PEM."""

    fingerprint: bytes
    certificate: str


@dataclass(frozen=True, slots=True)
class LockedUnit:
    """A unit that nobody else changes until the transaction ends."""

    unit_id: int
    name: str
    shard: int
    revoked_us: int | None


@dataclass(frozen=True, slots=True)
class StoredCode:
    """A one-time code. `settings`: what the box gets with it. `serial`: of the certificate it was used for."""

    unit: str
    settings: str
    expires_us: int
    withdrawn_us: int | None
    used_us: int | None
    serial: str | None


@dataclass(frozen=True, slots=True)
class StoredCertificate:
    """A certificate as issued.

    Attributes:
        serial: in hex. kind: one of registrar.authority.Kind. unit_id: None for those of servers and services.
        key_hash: SHA-256 of the public key.
    """

    serial: str
    kind: str
    unit_id: int | None
    name: str
    key_hash: bytes
    pem: str
    issued_us: int
    until_us: int
    revoked_us: int | None = None


def authority(conn: Connection) -> KnownAuthority | None:
    """The one there is."""
    row = run(conn, "authority").fetchone()
    return KnownAuthority(bytes(row[0]), row[1]) if row else None


def add_authority(conn: Connection, fingerprint: bytes, certificate: str, now_us: int) -> KnownAuthority:
    """Make it known; the one that was known before stays. Gives the one that counts."""
    run(conn, "add_authority", {"fingerprint": fingerprint, "certificate": certificate, "now": now_us})
    found = authority(conn)
    assert found is not None
    return found


def lock_unit(conn: Connection, name: str) -> LockedUnit | None:
    """The unit of that wire id, locked until the transaction ends; None when there is none."""
    row = run(conn, "lock_unit", {"name": storable_text(name, 64)}).fetchone()
    return LockedUnit(*row) if row else None


def add_code(conn: Connection, code_hash: bytes, unit_id: int, settings: str, now_us: int, expires_us: int) -> None:
    """A code for a unit; those it had and did not use are withdrawn."""
    run(conn, "withdraw_codes", {"unit": unit_id, "now": now_us})
    parameters = {
        "code": code_hash, "unit": unit_id, "settings": storable_text(settings), "now": now_us,
        "expires": storable_us(expires_us),
    }  # fmt: skip
    run(conn, "add_code", parameters)


def withdraw_codes(conn: Connection, unit_id: int, now_us: int) -> None:
    """Codes of this unit that were not used are good for nothing any more."""
    run(conn, "withdraw_codes", {"unit": unit_id, "now": now_us})


def newest_settings(conn: Connection, unit_id: int) -> str | None:
    """The configuration that went with the unit's last code; None when it never had one."""
    row = run(conn, "newest_settings", {"unit": unit_id}).fetchone()
    return str(row[0]) if row else None


def code(conn: Connection, code_hash: bytes) -> StoredCode | None:
    """The code of that SHA-256; lock its unit before believing it."""
    row = run(conn, "code", {"code": code_hash}).fetchone()
    return StoredCode(*row) if row else None


def use_code(conn: Connection, code_hash: bytes, serial: str, now_us: int) -> bool:
    """Bind the code to the certificate issued for it; False when it was used or withdrawn before."""
    return run(conn, "use_code", {"code": code_hash, "serial": serial, "now": now_us}).fetchone() is not None


def add_certificate(conn: Connection, issued: StoredCertificate) -> None:
    """Keep it; StoreError (CONFLICT) when its key has a certificate already."""
    parameters = {
        "serial": issued.serial, "kind": issued.kind, "unit": issued.unit_id, "name": storable_text(issued.name, 64),
        "key": issued.key_hash, "pem": issued.pem, "issued": issued.issued_us, "until": storable_us(issued.until_us),
    }  # fmt: skip
    run(conn, "add_certificate", parameters)


def certificates_of(conn: Connection, unit_id: int) -> list[StoredCertificate]:
    """All that were ever issued to a unit, oldest first."""
    return _certificates(conn, unit=unit_id)


def certificate_of_key(conn: Connection, key_hash: bytes) -> StoredCertificate | None:
    """The certificate a key has."""
    return next(iter(_certificates(conn, key=key_hash)), None)


def certificates(conn: Connection) -> list[StoredCertificate]:
    """All of them, oldest first."""
    return _certificates(conn)


def revoke_certificates(conn: Connection, unit_id: int, now_us: int) -> list[str]:
    """Revoke whatever a unit has; the serials that were good until now."""
    return sorted(row[0] for row in run(conn, "revoke_certificates", {"unit": unit_id, "now": now_us}))


def revoke_certificate(conn: Connection, serial: str, now_us: int) -> bool:
    """Revoke one; False when there is none of that serial. Revoking twice keeps the first time."""
    return run(conn, "revoke_certificate", {"serial": storable_text(serial, 64), "now": now_us}).fetchone() is not None


def revoked(conn: Connection, ended_us: int) -> list[tuple[str, int]]:
    """(serial, revoked at) of all that end after `ended_us`: what a revocation list has to name, in its order."""
    return [(row[0], row[1]) for row in run(conn, "revoked_certificates", {"ended": storable_us(ended_us)})]


def ends(conn: Connection) -> dict[int, int]:
    """By unit id: when the last certificate that is not revoked ends, be it over or not."""
    return {row[0]: row[1] for row in run(conn, "certificate_ends")}


def _certificates(conn: Connection, unit: int | None = None, key: bytes | None = None) -> list[StoredCertificate]:
    rows = run(conn, "certificates", {"unit": unit, "key": key})
    return [_certificate(row) for row in rows]


def _certificate(row: tuple[Any, ...]) -> StoredCertificate:
    fields = list(row)
    fields[4] = bytes(fields[4])
    return StoredCertificate(*fields)
