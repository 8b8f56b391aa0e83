from __future__ import annotations

import asyncio
import threading
from datetime import date

import pytest

from store import pool, registry, selftests
from store.errors import StoreError, Trouble
from store.pool import Connection
from store.selftests import TORN_US, Broken

NOW_US = 1_750_000_000_000_000
DAY = date(2025, 6, 15)


@pytest.fixture
def test_unit(conn: Connection) -> registry.Unit:
    return registry.add_unit(conn, "Way", None, NOW_US, is_test=True)


def test_there_is_one_unit_for_tests_and_it_is_on_no_wall(conn: Connection, database_url: str) -> None:
    assert selftests.unit(conn) is None and selftests.begin(conn, "daily", NOW_US, DAY) is None
    assert selftests.overview(conn) is None
    first = registry.add_unit(conn, "Way", None, NOW_US, is_test=True)
    found = selftests.unit(conn)
    assert found is not None and (found.unit_id, found.name, found.shard) == (first.unit_id, first.name, first.shard)
    with pytest.raises(StoreError) as refused:
        registry.add_unit(conn, "Another", None, NOW_US, is_test=True)
    assert refused.value.trouble is Trouble.CONFLICT
    registry.revoke_unit(conn, first.name, NOW_US)
    assert selftests.unit(conn) is None
    again = registry.add_unit(conn, "Another", None, NOW_US, is_test=True)
    home = registry.add_unit(conn, "Home", None, NOW_US)
    assert again.is_test and not home.is_test
    assert {unit.name for unit in registry.list_units(conn)} == {first.name, again.name, home.name}

    async def wall() -> list[str]:
        async with await pool.aconnect(database_url) as aconn:
            return [unit.name for unit in await registry.units(aconn)]

    assert asyncio.run(wall()) == [home.name]


@pytest.mark.usefixtures("test_unit")
def test_of_many_at_once_one_has_the_day(conn: Connection, database_url: str) -> None:
    won: list[int | None] = []
    ready = threading.Barrier(4)

    def try_it() -> None:
        with pool.connect(database_url) as own:
            ready.wait(10)
            won.append(selftests.begin(own, "daily", NOW_US, DAY))

    threads = [threading.Thread(target=try_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    (run_id,) = [run_id for run_id in won if run_id is not None]
    assert len(won) == 4
    selftests.end(conn, run_id, Broken.NOTHING, "")
    assert selftests.begin(conn, "daily", NOW_US, DAY) is None  # the day has had its own
    assert selftests.begin(conn, "os:ann", NOW_US) is not None  # by hand as often as one likes


@pytest.mark.usefixtures("test_unit")
def test_one_that_was_interrupted_makes_room(conn: Connection) -> None:
    first = selftests.begin(conn, "os:ann", NOW_US)
    assert first is not None
    assert selftests.begin(conn, "os:ann", NOW_US + TORN_US) is None
    second = selftests.begin(conn, "os:ann", NOW_US + TORN_US + 1)
    assert second is not None and second != first
    torn = selftests.get(conn, first)
    assert torn.broken is Broken.INTERRUPTED and not torn.passed and torn.ended_us == NOW_US + TORN_US + 1
    selftests.end(conn, first, Broken.NOTHING, "")  # it comes back: what is on record stays
    assert selftests.get(conn, first).broken is Broken.INTERRUPTED


@pytest.mark.usefixtures("test_unit")
def test_the_last_one_for_the_wall(conn: Connection, database_url: str) -> None:
    async def last() -> selftests.Run | None:
        async with await pool.aconnect(database_url) as aconn:
            return await selftests.last(aconn)

    assert asyncio.run(last()) is None
    run_id = selftests.begin(conn, "os:ann", NOW_US)
    assert run_id is not None
    found = asyncio.run(last())
    assert found == selftests.get(conn, run_id)
    assert found is not None and not found.passed and found.ended_us is None and found.alert_s is None
    selftests.end(conn, run_id, Broken.INGEST, "no acknowledgement")
    found = asyncio.run(last())
    assert found is not None and (found.broken, found.detail) == (Broken.INGEST, "no acknowledgement")
    with pytest.raises(KeyError):
        selftests.get(conn, run_id + 1)
