"""Units as those who run them see and change them; who may do what is the caller's business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from store import certificates, registry
from store.errors import StoreError, Trouble
from store.pool import Connection
from store.queries import run
from store.registry import Unit

# Bindings, and free patients, of one answer.
MOST: Final = 200


@dataclass(frozen=True, slots=True)
class ManagedUnit:
    """A unit and its box as it last said; None from `online` to `trouble`: it never said anything.

    Attributes:
        treating: whether a treatment goes on. since_us: when `online` last changed.
        clock_offset_s: how far the box's clock was ahead of ours (behind: negative) when it last spoke; the way here
            counts as behind. oldest_s: age of the oldest of what waits there.
        settings_in_force, settings_newest: versions of settings from afar; 0: none.
        certificate_us: when the last certificate that holds ends. refused: its messages of the last day that could
            not be read, of the newest 10 000 of all units.
    """

    unit_id: int
    name: str
    label: str
    clinic_id: int | None
    clinic: str | None
    activated_us: int
    revoked_us: int | None
    patient_id: int | None
    patient: str | None
    treating: bool
    online: bool | None
    heard_us: int | None
    since_us: int | None
    clock_offset_s: float | None
    synchronised: bool | None
    machine: str | None
    agent_version: str | None
    outbox_rows: int | None
    oldest_s: float | None
    trouble: str | None
    settings_in_force: int
    settings_trouble: str
    settings_newest: int
    certificate_us: int | None
    refused: int


@dataclass(frozen=True, slots=True)
class Binding:
    """Whom a unit served; `until_us` None: it does."""

    patient_id: int
    patient: str
    since_us: int
    until_us: int | None


def units(conn: Connection, clinic_id: int | None, now_us: int) -> list[ManagedUnit]:
    """Units of a clinic (None: all there are), retired ones too, but for the one for tests."""
    return _units(conn, clinic_id, None, now_us)


def unit(conn: Connection, clinic_id: int | None, name: str, now_us: int) -> ManagedUnit | None:
    """One of them; None: there is none."""
    found = _units(conn, clinic_id, name, now_us)
    return found[0] if found else None


def lock(conn: Connection) -> None:
    """Until this transaction ends nobody else who takes this lock binds, unbinds or retires."""
    run(conn, "lock_bindings", {})


def bindings(conn: Connection, unit_id: int) -> list[Binding]:
    """Whom a unit served, the newest first; one more than MOST when there are more."""
    return [Binding(*row) for row in run(conn, "unit_bindings", {"unit": unit_id, "limit": MOST + 1})]


def free_patients(conn: Connection, clinic_id: int | None) -> list[tuple[int, str]]:
    """(id, name) of the clinic's patients whom no unit serves, the newest first; one more than MOST for more."""
    return [(row[0], row[1]) for row in run(conn, "free_patients", {"clinic": clinic_id, "limit": MOST + 1})]


def patient(conn: Connection, patient_id: int) -> tuple[int | None, bool] | None:
    """The patient's clinic, and whether a unit serves them now; None: there is no such patient."""
    row = run(conn, "patient_served", {"patient": patient_id}).fetchone()
    return None if row is None else (row[0], row[1])


def retire(conn: Connection, name: str, now_us: int) -> Unit:
    """Take nothing of this unit any more, within a transaction of the caller's: its certificates and codes go, too.

    Retiring twice keeps the first time. What `homehd units revoke` and the page both do.
    """
    locked = certificates.lock_unit(conn, name)
    if locked is None:
        raise StoreError("find unit", name, trouble=Trouble.CONFLICT, hint="`homehd units list` shows those there are")
    found = registry.revoke_unit(conn, name, now_us)
    certificates.withdraw_codes(conn, locked.unit_id, now_us)
    certificates.revoke_certificates(conn, locked.unit_id, now_us)
    return found


def _units(conn: Connection, clinic_id: int | None, name: str | None, now_us: int) -> list[ManagedUnit]:
    parameters = {"clinic": clinic_id, "name": name, "now": now_us}
    return [ManagedUnit(*row) for row in run(conn, "managed_units", parameters)]
