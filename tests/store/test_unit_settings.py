"""Every version of a unit's settings is kept as it was made, and the newest is what travels."""

from __future__ import annotations

import pytest

from store import pool, registry, unit_settings
from store.errors import StoreError
from store.pool import Connection
from store.unit_settings import SettingsMessage, StoredSettings

NOW_US = 1_780_000_000 * 10**6


@pytest.fixture
def unit(conn: Connection) -> registry.Unit:
    return registry.add_unit(conn, "Home 1", None, NOW_US, name="home-1")


def version(serial: int) -> StoredSettings:
    return StoredSettings(serial, f"# {serial}\n", "anna", "a slower machine", NOW_US + serial)


def test_versions_are_kept_and_the_newest_travels(conn: Connection, unit: registry.Unit) -> None:
    assert unit_settings.newest_serial(conn, unit.unit_id) == 0
    for serial in (1, 2):
        unit_settings.add(conn, unit.unit_id, version(serial), bytes([serial, 255]))
    assert unit_settings.newest_serial(conn, unit.unit_id) == 2
    assert unit_settings.history(conn, "home-1") == [version(1), version(2)]
    assert unit_settings.newest_messages(conn) == [SettingsMessage("home-1", unit.shard, 2, b"\x02\xff")]


def test_nothing_travels_to_a_revoked_unit(conn: Connection, unit: registry.Unit) -> None:
    unit_settings.add(conn, unit.unit_id, version(1), b"x")
    registry.revoke_unit(conn, "home-1", NOW_US)
    assert unit_settings.newest_messages(conn) == []


def test_a_version_is_made_once_and_never_changed(conn: Connection, unit: registry.Unit) -> None:
    unit_settings.add(conn, unit.unit_id, version(1), b"x")
    with pytest.raises(StoreError):
        unit_settings.add(conn, unit.unit_id, version(1), b"y")
    for statement in ("UPDATE unit_settings SET settings = ''", "DELETE FROM unit_settings", "TRUNCATE unit_settings"):
        with pytest.raises(StoreError, match="refused"), pool.transaction(conn):
            conn.execute(statement)  # type: ignore[arg-type]
    assert unit_settings.history(conn, "home-1") == [version(1)]
