"""Who gets a certificate: pure decisions, each with a named reason. The unit is locked while they are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from store.certificates import LockedUnit, StoredCertificate, StoredCode

DAY_US: Final = 24 * 3600 * 1_000_000
# A box that lost the key it had asked for asks with another; one that asks all the time is broken or not ours.
MOST_A_DAY: Final = 4


class Refusal(StrEnum):
    """Why there is none."""

    UNKNOWN_CODE = "unknown code"
    EXPIRED_CODE = "code expired"
    USED_CODE = "code used"
    WITHDRAWN_CODE = "code withdrawn"
    REVOKED = "unit revoked"
    UNKNOWN_UNIT = "unknown unit"
    NO_CURRENT = "no valid certificate"
    NOT_PROVEN = "not proven by the key in use"
    KEY_USED = "key used before"
    TOO_MANY = "too many requests"
    BAD_REQUEST = "bad request"


# For the person at the other end, who may be a stranger: nothing about what there is beyond what the code proves.
TEXTS: Final[dict[Refusal, str]] = {
    Refusal.UNKNOWN_CODE: "no such code: paste the whole line, or ask for a new one (homehd units reenrol)",
    Refusal.EXPIRED_CODE: "this code has expired: ask for a new one (homehd units reenrol)",
    Refusal.USED_CODE: "this code was used by another box: if that was not you, tell the clinic now",
    Refusal.WITHDRAWN_CODE: "this code was withdrawn, or what it gave was revoked: ask for the newest one",
    Refusal.REVOKED: "this unit was revoked: ask for a new unit (homehd units add)",
    Refusal.UNKNOWN_UNIT: "there is no such unit",
    Refusal.NO_CURRENT: "its certificate is over or revoked: enrol again (homehd units reenrol)",
    Refusal.NOT_PROVEN: "not signed with the key in use: update this box's software, or enrol again",
    Refusal.KEY_USED: "this key had a certificate before: make a new key",
    Refusal.TOO_MANY: "too many requests: try again later",
    Refusal.BAD_REQUEST: "the request was not understood: is this box's software up to date?",
}


@dataclass(frozen=True, slots=True)
class Issue:
    """A new certificate."""


@dataclass(frozen=True, slots=True)
class Again:
    """The one this key has: its answer got lost, or two of us were asked."""

    certificate: StoredCertificate


Verdict = Issue | Again | Refusal


def on_enrolment(
    code: StoredCode,
    unit: LockedUnit,
    certificates: Sequence[StoredCertificate],
    of_key: StoredCertificate | None,
    now_us: int,
) -> Verdict:
    """What to answer to a code that exists. `certificates`: all the unit ever had; `of_key`: the one this key has."""
    if unit.revoked_us is not None:
        return Refusal.REVOKED
    given = next((certificate for certificate in certificates if certificate.serial == code.serial), None)
    if code.withdrawn_us is not None or (given is not None and given.revoked_us is not None):
        return Refusal.WITHDRAWN_CODE
    if given is not None:
        mine = of_key is not None and of_key.serial == given.serial and _stands(given, now_us)
        return Again(given) if mine else Refusal.USED_CODE
    if now_us >= code.expires_us:
        return Refusal.EXPIRED_CODE
    return Refusal.KEY_USED if of_key is not None else Issue()


def on_renewal(
    unit: LockedUnit | None,
    shard: int,
    certificates: Sequence[StoredCertificate],
    of_key: StoredCertificate | None,
    proven_by: StoredCertificate | None,
    now_us: int,
) -> Verdict:
    """What to answer to a unit that asks over the broker. `certificates`: all the unit ever had.

    `proven_by`: the one of them whose key signed the request. Without it we would believe a session, and that of a box
    that was replaced or stolen outlives its certificate.
    """
    if unit is None or unit.shard != shard:
        return Refusal.UNKNOWN_UNIT
    if unit.revoked_us is not None:
        return Refusal.REVOKED
    if not any(_stands(certificate, now_us) for certificate in certificates):
        return Refusal.NO_CURRENT
    if proven_by is None or proven_by not in certificates or not _stands(proven_by, now_us):
        return Refusal.NOT_PROVEN
    if of_key is not None:
        mine = of_key.unit_id == unit.unit_id and _stands(of_key, now_us)
        return Again(of_key) if mine else Refusal.KEY_USED
    if sum(certificate.issued_us > now_us - DAY_US for certificate in certificates) >= MOST_A_DAY:
        return Refusal.TOO_MANY
    return Issue()


def _stands(certificate: StoredCertificate, now_us: int) -> bool:
    return certificate.revoked_us is None and now_us < certificate.until_us
