from __future__ import annotations

from dataclasses import dataclass

from store import fleet, registry, unit_status
from store.fleet import Fleet
from store.pool import Connection
from store.unit_status import StatusRow
from telemetry.messages import MachineLink, Status

NOW_US = 1_750_000_000_000_000
SECOND = 1_000_000


@dataclass
class Boxes:
    """Boxes on shards of their own choice."""

    conn: Connection
    count: int = 0

    def add(self, status: Status | None, shard: int = 1) -> registry.Unit:
        self.count += 1
        unit = registry.add_unit(self.conn, f"Home {self.count}", "North", NOW_US)
        self.conn.execute("UPDATE unit SET shard = %s WHERE unit_id = %s", [shard, unit.unit_id])
        if status is not None:
            unit_status.save(self.conn, [StatusRow(unit.unit_id, NOW_US, status)])
        return unit


def said(rows: int = 0, age_s: int = 0, *, online: bool = True, trouble: str = "", sent_us: int = NOW_US) -> Status:
    oldest_us = sent_us - age_s * SECOND if rows else 0
    return Status(
        1, "u", online, sent_us, "0123456789abcdef", "boot", "0.1.0", True, MachineLink.CONNECTED, "jsdt", "v1", rows,
        oldest_us, 0, 0, trouble,
    )  # fmt: skip


def test_what_boxes_said_is_added_up(conn: Connection) -> None:
    boxes = Boxes(conn)
    boxes.add(said(5, 3))
    boxes.add(said(700, 90))
    # Its clock is two years off, and its backlog is told right all the same.
    boxes.add(said(70, 200, trouble="the disk is full", sent_us=NOW_US - 63_072_000 * SECOND))
    boxes.add(said(9_000, 9_000, online=False))
    boxes.add(None)
    boxes.add(said(1, 1), shard=2)
    registry.revoke_unit(conn, boxes.add(said(50_000, 70_000)).name, NOW_US)
    assert fleet.fleet(conn, {1}, 60) == Fleet(3, 1, 1, 775, 200, 2, 1, 0)
    assert fleet.fleet(conn, {1, 2}, 100) == Fleet(4, 1, 1, 776, 200, 1, 1, 0)
    assert fleet.fleet(conn, set(), 60) == Fleet(0, 0, 0, 0, 0, 0, 0, 0)


def test_one_box_that_talks_nonsense_does_not_spoil_the_count(conn: Connection) -> None:
    boxes = Boxes(conn)
    boxes.add(Status(1, "u", True, 2**70, outbox_rows=2**70, outbox_oldest_us=-(2**70)))
    boxes.add(Status(1, "u", True, 2**70, outbox_rows=2**70, outbox_oldest_us=-(2**70)))
    boxes.add(said(5, 3))
    found = fleet.fleet(conn, {1}, 60)
    assert (found.online, found.oldest_s, found.no_machine) == (3, 3, 2)
