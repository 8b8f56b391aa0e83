"""Issues certificates: decision, signature and database in one transaction, so that an answer can always be repeated.

A certificate exists once its row is committed. Whoever dies before that has issued nothing; whoever dies after it, and
before the answer arrives, is asked again with the same key and finds the row.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from registrar import authority as ca
from registrar.authority import Authority, Kind
from registrar.decisions import Again, Refusal, Verdict, on_enrolment, on_renewal
from registrar.requests import RequestError, is_proven, public_key
from store import certificates as kept
from store.certificates import LockedUnit, StoredCertificate
from store.pool import Connection, transaction
from telemetry import enrolment
from telemetry.errors import HomehdError

log = logging.getLogger(__name__)

CODE_DAYS: Final = 7


class Refused(Exception):
    """No certificate, and why."""

    def __init__(self, reason: Refusal) -> None:
        self.reason = reason
        super().__init__(reason.value)


@dataclass(frozen=True, slots=True)
class Granted:
    """A certificate, new or the same as before, and the configuration that goes with a code."""

    certificate: StoredCertificate
    again: bool
    settings: str = ""


def enrol(conn: Connection, authority: Authority, code: str, request: bytes, now_us: int, days: float) -> Granted:
    """The first certificate of a box, for a one-time code; Refused, or StoreError when the database is away."""
    code_hash = enrolment.digest(code)
    with transaction(conn, "enrol"):
        found = kept.code(conn, code_hash)
        if found is None:
            raise Refused(Refusal.UNKNOWN_CODE)
        unit = kept.lock_unit(conn, found.unit)
        # Asked again under the lock: another box may have used it meanwhile.
        found = kept.code(conn, code_hash)
        if unit is None or found is None:
            raise Refused(Refusal.UNKNOWN_CODE)
        key = _key(request, unit.name)
        had = kept.certificates_of(conn, unit.unit_id)
        of_key = kept.certificate_of_key(conn, ca.key_hash(key))
        granted = _grant(conn, authority, unit, key, on_enrolment(found, unit, had, of_key, now_us), now_us, days)
        if not granted.again and not kept.use_code(conn, code_hash, granted.certificate.serial, now_us):
            raise Refused(Refusal.USED_CODE)
    return Granted(granted.certificate, granted.again, found.settings)


def renew(
    conn: Connection,
    authority: Authority,
    name: str,
    shard: int,
    request: bytes,
    proof: bytes,
    now_us: int,
    days: float,
) -> Granted:
    """The next certificate of the unit that the broker says is asking; Refused, or StoreError.

    `proof`: the signature under its request by the key of a certificate it has (telemetry.wire.proven_part).
    """
    with transaction(conn, "renew a certificate"):
        unit = kept.lock_unit(conn, name)
        key = _key(request, name)
        had = kept.certificates_of(conn, unit.unit_id) if unit else []
        of_key = kept.certificate_of_key(conn, ca.key_hash(key))
        proven_by = next((held for held in reversed(had) if is_proven(held.pem, name, request, proof)), None)
        verdict = on_renewal(unit, shard, had, of_key, proven_by, now_us)
        if unit is None:
            raise Refused(Refusal.UNKNOWN_UNIT)
        return _grant(conn, authority, unit, key, verdict, now_us, days)


def new_code(
    conn: Connection, where: str, unit: str, fingerprint: bytes, settings: str, now_us: int
) -> enrolment.EnrolmentCode:
    """A one-time code for a unit, within a transaction of the caller's; codes it had before are withdrawn."""
    locked = _locked(conn, unit)
    made = enrolment.EnrolmentCode(where, unit, enrolment.new_secret(), fingerprint)
    expires_us = now_us + CODE_DAYS * 24 * 3600 * 1_000_000
    kept.add_code(conn, made.digest, locked.unit_id, settings, now_us, expires_us)
    return made


def revoke(conn: Connection, unit: str, now_us: int) -> list[str]:
    """Revoke a unit's certificates and codes, within a transaction of the caller's; the serials revoked now."""
    locked = _locked(conn, unit)
    kept.withdraw_codes(conn, locked.unit_id, now_us)
    return kept.revoke_certificates(conn, locked.unit_id, now_us)


def _locked(conn: Connection, unit: str) -> LockedUnit:
    locked = kept.lock_unit(conn, unit)
    if locked is None:
        raise HomehdError("find unit", unit, hint="`homehd units list` shows those there are")
    return locked


def _key(request: bytes, unit: str) -> ec.EllipticCurvePublicKey:
    try:
        return public_key(request, unit)
    except RequestError as error:
        log.warning("certificate request refused", extra={"fields": {"unit": unit, "error": error.line()}})
        raise Refused(Refusal.BAD_REQUEST) from error


def _grant(
    conn: Connection,
    authority: Authority,
    unit: LockedUnit,
    key: ec.EllipticCurvePublicKey,
    verdict: Verdict,
    now_us: int,
    days: float,
) -> Granted:
    if isinstance(verdict, Refusal):
        raise Refused(verdict)
    if isinstance(verdict, Again):
        return Granted(verdict.certificate, again=True)
    certificate = ca.issue_unit(authority, unit.name, key, now_us, days)
    issued = StoredCertificate(
        serial=ca.serial_of(certificate),
        kind=Kind.UNIT,
        unit_id=unit.unit_id,
        name=unit.name,
        key_hash=ca.key_hash(key),
        pem=ca.as_pem(certificate),
        issued_us=now_us,
        until_us=ca.validity_us(certificate)[1],
    )
    kept.add_certificate(conn, issued)
    return Granted(issued, again=False)
