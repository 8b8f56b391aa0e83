from __future__ import annotations

import pytest

from store import room
from store.errors import StoreError, Trouble
from store.pool import Connection


def test_where_there_is_room_nothing_of_it_stays(conn: Connection) -> None:
    room.check(conn)
    room.check(conn)
    assert conn.execute("SELECT to_regclass('room')").fetchone() == (None,)


def test_a_full_disk_is_told(conn: Connection) -> None:
    conn.execute(
        "CREATE FUNCTION full_disk() RETURNS event_trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = 'disk_full'; END $$;"
        "CREATE EVENT TRIGGER full_disk ON ddl_command_end WHEN TAG IN ('CREATE TABLE AS') EXECUTE FUNCTION full_disk()"
    )
    with pytest.raises(StoreError) as caught:
        room.check(conn)
    assert caught.value.trouble is Trouble.FULL
    assert conn.execute("SELECT to_regclass('room')").fetchone() == (None,)


def test_who_may_not_look_finds_out_when_storing(conn: Connection) -> None:
    conn.execute("CREATE ROLE looker")
    try:
        conn.execute(f"REVOKE TEMPORARY ON DATABASE {conn.info.dbname} FROM PUBLIC")  # type: ignore[arg-type]
        conn.execute("SET ROLE looker")
        room.check(conn)
    finally:
        conn.execute("RESET ROLE")
        conn.execute("DROP OWNED BY looker; DROP ROLE looker")
