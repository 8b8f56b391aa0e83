from __future__ import annotations

from store import heartbeat, notices
from store.heartbeat import Heartbeat
from store.pool import Connection, Pool

NOW_US = 1_750_000_000_000_000


async def test_the_last_sign_of_life_of_every_instance(conn: Connection, apool: Pool) -> None:
    heartbeat.beat(conn, "ingest", "a", NOW_US, {"shards": 64})
    heartbeat.beat(conn, "ingest", "a", NOW_US + 2, {"shards": 32})
    heartbeat.beat(conn, "ingest", "b", NOW_US + 5)
    heartbeat.beat(conn, "notify", "c", NOW_US + 9)
    async with apool.connection() as aconn:
        assert await heartbeat.last_beats(aconn, "ingest") == [
            Heartbeat("ingest", "b", NOW_US + 5, {}),
            Heartbeat("ingest", "a", NOW_US + 2, {"shards": 32}),
        ]
        assert await heartbeat.last_beats(aconn, "api") == []


async def test_a_task_beats_by_the_database_s_clock(conn: Connection, apool: Pool) -> None:
    async with apool.connection() as aconn:
        await heartbeat.abeat(aconn, "api", "a", {"version": "1"})
    heartbeat.beat(conn, "ingest", "i", 7)
    api, ingest = heartbeat.every(conn)
    assert (api.service, api.detail, ingest.at_us) == ("api", {"version": "1"}, 7)
    assert 0 <= notices.database_us(conn) - api.at_us < 60_000_000


def test_who_fell_silent_long_ago_is_forgotten_but_for_the_last_of_a_service(conn: Connection, now_us: int) -> None:
    week = heartbeat.KEPT_US
    for service, instance, ago in (
        ("notifier", "new", 0), ("notifier", "old", week + 1), ("notifier", "kept", week - 1),
        ("ingest", "only", 2 * week), ("ingest", "older", 3 * week),
    ):  # fmt: skip
        heartbeat.beat(conn, service, instance, now_us - ago)
    heartbeat.sweep(conn, now_us)
    assert [beat.instance for beat in heartbeat.beats(conn, "notifier")] == ["new", "kept"]
    assert [beat.instance for beat in heartbeat.beats(conn, "ingest")] == ["only"]
