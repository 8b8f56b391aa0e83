from __future__ import annotations

from typing import Any

from store import notices, shelvings
from store.pool import Connection, Pool
from store.registry import Unit
from store.shelvings import ENDED, OutOfService, Shelving
from tests.store.told import NOW_US, SECOND, alert, notice, person


async def test_the_newest_row_counts(conn: Connection, apool: Pool, unit: Unit) -> None:
    user, wanted = person(conn), alert(conn, unit)
    until_us = NOW_US + 600 * SECOND
    async with apool.transaction() as aconn:
        assert await shelvings.newest(aconn, unit.unit_id, "R10") is None
        row = Shelving("timed", "high", wanted, until_us, user, "on the way")
        await shelvings.add(aconn, unit.unit_id, "R10", row, NOW_US)
        assert await shelvings.newest(aconn, unit.unit_id, "R10") == row
        assert await shelvings.newest(aconn, unit.unit_id, "R13") is None
    (found,) = notices.alerts_to_judge(conn, [wanted], [])
    assert found.shelf == ("timed", "high", wanted, until_us)
    shelvings.end(
        conn, unit.unit_id, "R10", Shelving(ENDED, "high", wanted, until_us, None, "its time is over"), until_us
    )
    assert notices.alerts_to_judge(conn, [wanted], [])[0].shelf is None


def out_of_service(conn: Connection, unit: Unit, at_us: int) -> Any:
    known = notices.homes(conn, [unit.unit_id], at_us)[unit.unit_id]
    return known.out_of_service, known.out_until_us


def test_out_of_service_has_an_end(conn: Connection, unit: Unit) -> None:
    number = notice(conn, unit)
    until_us = NOW_US + 3600 * SECOND
    shelvings.set_service(conn, unit.unit_id, until_us=until_us, actor="os:x", reason="pump swapped", now_us=NOW_US)
    assert out_of_service(conn, unit, NOW_US) == ("pump swapped", until_us)
    assert out_of_service(conn, unit, until_us) == ("", None)
    assert shelvings.out_of_service(conn, NOW_US) == {unit.unit_id: OutOfService(until_us, "os:x", "pump swapped")}
    assert shelvings.out_of_service(conn, until_us) == {}
    assert notices.due_rechecks(conn, NOW_US) == [(number, unit.unit_id)]  # whoever was asked about it is not, now
    shelvings.set_service(conn, unit.unit_id, until_us=None, actor="os:x", reason="done", now_us=NOW_US + 1)
    assert out_of_service(conn, unit, NOW_US + 1) == ("", None)
    assert shelvings.out_of_service(conn, NOW_US + 1) == {}
