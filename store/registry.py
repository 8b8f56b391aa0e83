"""Units and clinics: which installations there are, where they belong, whether they may still send."""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from store.errors import StoreError, Trouble
from store.pool import AsyncConnection, Connection
from store.queries import arun, run
from store.values import storable_text
from telemetry import topics

_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz234567"


@dataclass(frozen=True, slots=True)
class Unit:
    """An installation at a home.

    Attributes:
        name: its id on the wire. label: what staff call it. shard: 0…63, fixed when it was provisioned.
        patient: name of the patient it serves now, None when it serves none.
        revoked_us: since when nothing of it is taken any more, None while it may send.
        is_test: it serves nobody and is there to try the whole way with (store.selftests).
    """

    unit_id: int
    name: str
    label: str
    shard: int
    clinic_id: int | None
    clinic: str | None
    patient_id: int | None
    patient: str | None
    activated_us: int
    revoked_us: int | None
    is_test: bool = False


def shard_of(name: str) -> int:
    """The shard a new unit of that name gets; the same for ever and on every machine."""
    return zlib.crc32(name.encode("ascii")) % topics.SHARDS


def add_unit(
    conn: Connection, label: str, clinic: str | None, now_us: int, *, name: str | None = None, is_test: bool = False
) -> Unit:
    """Provision a home in a clinic, which is created when it is new. The wire id is random unless given.

    `is_test`: the unit for tests; StoreError (CONFLICT) when there is one already.
    """
    name = name or "h" + "".join(secrets.choice(_ALPHABET) for _ in range(9))
    if not topics.is_unit_id(name):
        raise StoreError("add unit", repr(name), trouble=Trouble.REFUSED, hint="2…32 of a-z, 0-9 and -")
    parameters = {
        "name": name, "label": storable_text(label, 200), "shard": shard_of(name),
        "clinic": add_clinic(conn, clinic) if clinic else None, "now": now_us, "test": is_test,
    }  # fmt: skip
    run(conn, "add_unit", parameters)
    return unit_by_name(conn, name)


def name_alone(conn: Connection) -> None:
    """Wait until nobody else is naming a unit; nobody is until this transaction ends.

    Names are compared as people read them, which no unique index does.
    """
    run(conn, "name_alone", {})


def add_clinic(conn: Connection, name: str) -> int:
    """The clinic's id; it is created when there is none of that name."""
    return int(run(conn, "add_clinic", {"name": storable_text(name, 200)}).fetchall()[0][0])


def unit_by_name(conn: Connection, name: str) -> Unit:
    """The unit of that wire id; StoreError when there is none."""
    found = _units(conn, names=[name])
    if not found:
        raise StoreError("find unit", name, trouble=Trouble.CONFLICT, hint="`homehd units list` shows those there are")
    return found[0]


def list_units(conn: Connection) -> list[Unit]:
    """All units, revoked ones too, in order of their ids."""
    return _units(conn)


def units_of_shards(conn: Connection, shards: Sequence[int]) -> list[Unit]:
    """The units of these shards, revoked ones too."""
    return _units(conn, shards=list(shards))


def units_by_name(conn: Connection, names: Sequence[str]) -> dict[str, Unit]:
    """Those of these wire ids that exist."""
    return {unit.name: unit for unit in _units(conn, names=list(names))}


def revoke_unit(conn: Connection, name: str, now_us: int) -> Unit:
    """Take nothing of this unit any more; revoking twice keeps the first time."""
    unit_by_name(conn, name)
    run(conn, "revoke_unit", {"name": name, "now": now_us})
    return unit_by_name(conn, name)


def revoked_homes(conn: Connection, ended_us: int, since_us: int) -> list[tuple[str, int, bool, bool, int]]:
    """(wire id, shard, for good, replaced, revoked at) of units a box of which was revoked; the newest first.

    For good: the unit is revoked. Else certificates of it are: all of them, or, when it is replaced, another box has
    one that is not; those are here when the newest revocation came after `since_us`. Certificates that ended before
    `ended_us` are left out.
    """
    found = run(conn, "revoked_homes", {"ended": ended_us, "since": since_us})
    return [(row[0], row[1], row[2], row[3], row[4]) for row in found]


def revoked_names(conn: Connection, shards: Sequence[int]) -> set[str]:
    """The wire ids of these shards' revoked units."""
    return {row[0] for row in run(conn, "revoked_names", {"shards": list(shards)})}


async def units(conn: AsyncConnection) -> list[Unit]:
    """Units of all clinics that are not revoked, without the one for tests."""
    found = [Unit(*row) async for row in await arun(conn, "units", {"names": None, "shards": None})]
    return [unit for unit in found if unit.revoked_us is None and not unit.is_test]


def _units(conn: Connection, names: list[str] | None = None, shards: list[int] | None = None) -> list[Unit]:
    return [Unit(*row) for row in run(conn, "units", {"names": names, "shards": shards})]
