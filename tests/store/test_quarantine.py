from __future__ import annotations

from store import quarantine
from store.pool import Connection
from store.quarantine import MAX_PAYLOAD, QuarantineRow

NOW_US = 1_750_000_000_000_000


def test_any_message_is_kept(conn: Connection) -> None:
    quarantine.add(conn, [])
    quarantine.add(conn, [QuarantineRow(NOW_US, "hhd/1/0/x/up", "x", "not msgpack", b"\x00\xff")])
    quarantine.add(conn, [QuarantineRow(2**62, "t\0" + "t" * 500, "\udcff", "r" * 600, bytes(MAX_PAYLOAD + 1))])
    newest, oldest = quarantine.latest(conn)
    assert oldest == QuarantineRow(NOW_US, "hhd/1/0/x/up", "x", "not msgpack", b"\x00\xff")
    assert newest.topic == "t\ufffd" + "t" * 198
    assert (len(newest.reason), len(newest.payload)) == (500, MAX_PAYLOAD)
    assert len(quarantine.latest(conn, limit=1)) == 1
