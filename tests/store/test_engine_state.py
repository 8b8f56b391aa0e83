from __future__ import annotations

from store import engine_state
from store.engine_state import EngineState
from store.pool import Connection
from store.registry import Unit

NOW_US = 1_750_000_000_000_000


def test_a_snapshot_replaces_the_one_before(conn: Connection, unit: Unit) -> None:
    engine_state.save(conn, {})
    engine_state.save(conn, {unit.unit_id: EngineState(NOW_US, b"\x00one")})
    engine_state.save(conn, {unit.unit_id: EngineState(NOW_US + 1, b"two\xff")})
    assert engine_state.load(conn, [unit.unit_id, 99]) == {unit.unit_id: EngineState(NOW_US + 1, b"two\xff")}
    assert engine_state.load(conn, []) == {}
