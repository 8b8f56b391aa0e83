"""What the API does about units: each change one transaction with its row in the record of deeds.

Outside the second wall, as accounts are: the API's role there may write neither bindings nor units. What is whose is
asked in the question itself, and of the asker as they are inside the transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from clinician_api.access import MAY, Action, Role, Scope
from clinician_api.administration import unit_view
from clinician_api.administration.user_data import By
from clinician_api.web.conditional import check_unchanged
from clinician_api.web.errors import ApiError
from store import account_admin, audit, patients, pool, unit_admin, unit_settings
from store.account_admin import ManagedAccount
from store.audit import Deed
from store.errors import StoreError, Trouble
from store.patients import Prescription
from store.pool import Connection
from store.unit_admin import Binding, ManagedUnit
from store.unit_settings import StoredSettings

_T = TypeVar("_T")
_MAX_PATIENT: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Whole:
    """A unit with what was of it before."""

    unit: ManagedUnit
    bindings: list[Binding]
    settings: list[StoredSettings]
    free: list[tuple[int, str]]


class UnitData:
    """Beside `Data`, on connections of its own. Every method may raise StoreError (503) and ApiError."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url

    async def listed(self, scope: Scope, now_us: int) -> list[ManagedUnit]:
        """Every unit the scope sees."""
        if not scope.all_clinics and scope.clinic_id is None:
            return []
        return await self._in_thread(lambda conn: unit_admin.units(conn, scope.clinic_id, now_us))

    async def whole(self, scope: Scope, name: str, now_us: int) -> Whole:
        """One of them; ApiError 404 when it is none of theirs."""
        if not scope.all_clinics and scope.clinic_id is None:
            raise _no_unit(name)
        return await self._in_thread(lambda conn: _whole(conn, scope.clinic_id, name, now_us))

    async def bind(self, by: By, name: str, patient_id: int, *, confirmed: bool) -> Whole:
        """The unit serves this patient from now on."""

        def work(conn: Connection, unit: ManagedUnit) -> None:
            _not_retired(unit)
            found = unit_admin.patient(conn, patient_id) if patient_id <= _MAX_PATIENT else None
            # One of another clinic and one that is not there look alike.
            if found is None or found[0] != unit.clinic_id:
                raise _conflict("no such patient of the unit's clinic", "body.patient_id", "make the patient first")
            if unit.patient_id is not None:
                raise _conflict("the unit serves somebody", unit.name, "unbind that patient first")
            if found[1]:
                raise _conflict("another unit serves this patient", "body.patient_id", "unbind the patient there first")
            _not_during_treatment(unit, confirmed=confirmed)
            patients.bind(conn, unit.unit_id, patient_id, by.now_us)
            _note(conn, by, "bind patient", unit.name, patients=[patient_id], during_treatment=unit.treating)

        return await self._changed(by, name, work)

    async def unbind(self, by: By, name: str, *, confirmed: bool) -> Whole:
        """The unit serves nobody from now on."""

        def work(conn: Connection, unit: ManagedUnit) -> None:
            if unit.patient_id is None:
                raise _conflict("the unit serves nobody", unit.name, "there is nothing to end")
            _not_during_treatment(unit, confirmed=confirmed)
            patients.unbind(conn, unit.unit_id, by.now_us)
            _note(conn, by, "unbind patient", unit.name, patients=[unit.patient_id], during_treatment=unit.treating)

        return await self._changed(by, name, work)

    async def retire(self, by: By, name: str, *, confirmed: bool) -> Whole:
        """Nothing of the unit is taken any more, for good: what `homehd units revoke` does."""

        def work(conn: Connection, unit: ManagedUnit) -> None:
            _not_retired(unit)
            _not_during_treatment(unit, confirmed=confirmed)
            unit_admin.retire(conn, unit.name, by.now_us)
            _note(conn, by, "revoke unit", unit.name, during_treatment=unit.treating)

        return await self._changed(by, name, work)

    async def add_patient(self, by: By, name: str, clinic: str | None) -> int:
        """A new patient's id."""

        def work(conn: Connection) -> int:
            with pool.transaction(conn, "add patient"):
                actor = _actor(conn, by)
                clinic_id = _clinic(conn, actor, clinic)
                patient_id = patients.add_patient(conn, name, clinic_id, Prescription())
                _note(conn, by, "add patient", f"patient:{patient_id}", clinic=clinic)
                return patient_id

        return await self._in_thread(work)

    async def _changed(self, by: By, name: str, work: Callable[[Connection, ManagedUnit], None]) -> Whole:
        def whole(conn: Connection) -> Whole:
            with pool.transaction(conn, "change unit"):
                unit_admin.lock(conn)
                actor = _actor(conn, by)
                unit = unit_admin.unit(conn, actor.clinic_id, name, by.now_us)
                if unit is None:
                    raise _no_unit(name)
                check_unchanged(by.if_match, unit_view.tag(unit), unit_view.view(unit, by.now_us, names=False))
                work(conn, unit)
                return _whole(conn, actor.clinic_id, name, by.now_us)

        try:
            return await self._in_thread(whole)
        except StoreError as error:
            # Somebody at the command line, who does not take our lock, was first.
            if error.trouble is Trouble.CONFLICT:
                raise _conflict("somebody else changed it just now", name, "look at it again") from error
            raise

    async def _in_thread(self, work: Callable[[Connection], _T]) -> _T:
        def done() -> _T:
            with closing(pool.connect(self._url, name="homehd api units")) as conn:
                return work(conn)

        return await asyncio.to_thread(done)


def _whole(conn: Connection, clinic_id: int | None, name: str, now_us: int) -> Whole:
    unit = unit_admin.unit(conn, clinic_id, name, now_us)
    if unit is None:
        raise _no_unit(name)
    return Whole(
        unit,
        unit_admin.bindings(conn, unit.unit_id),
        unit_settings.history(conn, unit.name)[::-1],
        unit_admin.free_patients(conn, unit.clinic_id),
    )


def _actor(conn: Connection, by: By) -> ManagedAccount:
    actor = account_admin.get(conn, by.user_id, by.now_us)
    # As of now: whoever was an administrator when the request came, and is none any more, changes nothing.
    if actor is None or actor.disabled_us is not None or Action.CHANGE_INSTALLATIONS not in MAY[Role(actor.role)]:
        raise ApiError(403, "not allowed", where="role", hint="ask an administrator for another role")
    return actor


def _clinic(conn: Connection, actor: ManagedAccount, name: str | None) -> int | None:
    if name is None and actor.clinic_id is None:
        return None
    found = [number for number, word in account_admin.clinics(conn, actor.clinic_id) if word == name]
    if not found:
        raise ApiError(403, "not yours to give", where="body.clinic", hint="GET /api/users lists the clinics")
    return found[0]


def _not_retired(unit: ManagedUnit) -> None:
    if unit.revoked_us is not None:
        raise _conflict("the unit is retired for good", unit.name, "`homehd units add` makes another")


def _not_during_treatment(unit: ManagedUnit, *, confirmed: bool) -> None:
    if unit.treating and not confirmed:
        raise _conflict("a treatment goes on at this unit", unit.name, "wait until it has ended, or confirm it")


def _conflict(what: str, where: str, hint: str) -> ApiError:
    return ApiError(409, what, where=where, hint=hint)


def _no_unit(name: str) -> ApiError:
    hint = "GET /api/administration/units lists those you may see"
    return ApiError(404, "no such unit", where=name, hint=hint)


def _note(conn: Connection, by: By, action: str, subject: str, **detail: Any) -> None:
    audit.append(conn, Deed(by.now_us, audit.person(by.user_id), action, subject, detail))
