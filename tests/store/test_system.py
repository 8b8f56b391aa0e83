from __future__ import annotations

from store import heartbeat, system
from store.pool import Connection


def test_an_empty_system_says_what_it_does_not_know(conn: Connection) -> None:
    found = system.read(conn)
    assert found.size_bytes > 0
    assert 1 <= found.connections <= found.most
    assert (found.p50_s, found.p99_s, found.sampled) == (None, None, 0)
    assert (found.certificate_us, found.selftest, found.audit) == (None, None, None)
    assert (found.beats, found.channels, found.quarantined, found.unsynchronised) == ([], [], 0, 0)


def test_what_is_there_is_counted(conn: Connection) -> None:
    now_us = system.read(conn).now_us
    heartbeat.beat(conn, "ingest", "i", now_us, {"shards": 64})
    conn.execute(
        "INSERT INTO quarantine (received_at, topic, unit, reason, payload)"
        " VALUES (now(), 't', 'u', 'r', ''), (now() - interval '2 days', 't', 'u', 'r', '')"
    )
    conn.execute("INSERT INTO unit (name, label, shard, activated_at) VALUES ('u-1', 'Home', 1, now())")
    for lag in range(1, 5):
        conn.execute(
            "INSERT INTO reading (time, received_at, seq, mono_ms, invalid, unit_id, phase, flags, epoch)"
            " VALUES (now() - interval '10 s', now() - interval '10 s' + %s * interval '1 s', %s, 1, 0, 1, 3, 0, 'e')",
            [lag, lag],
        )
    found = system.read(conn)
    assert [beat.instance for beat in found.beats] == ["i"]
    assert found.quarantined == 1
    assert (found.p50_s, found.sampled) == (2.5, 4)
    assert found.p99_s is not None
    assert 3.9 < found.p99_s <= 4.0
