"""Settings a box is to take up from afar: every version, who made it and why, and the signed message that travels."""

from __future__ import annotations

from dataclasses import dataclass

from store.pool import Connection
from store.queries import run
from store.values import storable_text


@dataclass(frozen=True, slots=True)
class StoredSettings:
    """One version. `author`: who made it, as the server knows them; `reason`: in their words."""

    serial: int
    settings: str
    author: str
    reason: str
    created_us: int


@dataclass(frozen=True, slots=True)
class SettingsMessage:
    """The newest version of one unit, ready to travel."""

    unit: str
    shard: int
    serial: int
    message: bytes


@dataclass(frozen=True, slots=True)
class SettingsState:
    """What a unit should have, what it says is in force there, and why not the newest."""

    newest: int
    in_force: int
    trouble: str


def newest_serial(conn: Connection, unit_id: int) -> int:
    """The unit's newest version, 0 with none. Lock the unit first, if the next one is to be made from it."""
    return int(run(conn, "newest_settings_serial", {"unit": unit_id}).fetchall()[0][0])


def add(conn: Connection, unit_id: int, stored: StoredSettings, message: bytes) -> None:
    """Keep a version; StoreError (CONFLICT) when there is one of that serial."""
    parameters = {
        "unit": unit_id, "serial": stored.serial, "settings": storable_text(stored.settings), "message": message,
        "author": storable_text(stored.author, 200), "reason": storable_text(stored.reason, 1000),
        "now": stored.created_us,
    }  # fmt: skip
    run(conn, "add_settings", parameters)


def history(conn: Connection, unit: str) -> list[StoredSettings]:
    """All versions of a unit's settings, oldest first."""
    return [StoredSettings(*row) for row in run(conn, "settings_history", {"name": storable_text(unit, 64)})]


def states(conn: Connection) -> dict[int, SettingsState]:
    """By unit id, for every unit."""
    return {row[0]: SettingsState(*row[1:]) for row in run(conn, "settings_states")}


def newest_messages(conn: Connection) -> list[SettingsMessage]:
    """What every unit that is not revoked should have."""
    rows = run(conn, "newest_settings_messages")
    return [SettingsMessage(unit, shard, serial, bytes(message)) for unit, shard, serial, message in rows]
