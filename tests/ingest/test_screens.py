from __future__ import annotations

from ingest.screens import live_readings
from telemetry.messages import Lane
from tests.ingest.building import SECOND, START_US, batch, reading, seconds
from tests.ingest.world import NOW, World, up


def test_the_newest_live_row_of_every_unit_is_shown_as_stored() -> None:
    first, second = seconds(1, 2), seconds(4)
    other = batch([reading(7, values={31: 1.0}, invalid=8)], unit="u2")
    intake = World().take(up(first), up(other, "hhd/1/7/u2/up"), up(second))
    shown = {r.unit: (shard, r) for shard, r in live_readings(intake)}

    shard, newest = shown["u1"]
    assert (shard, newest.seq, newest.time_us) == (7, 4, START_US + 4 * SECOND)
    assert newest.received_us == second.sent_us + 30_000
    assert newest.values == {0: 300.0, 3: 124.0}
    assert (shown["u2"][1].values, shown["u2"][1].invalid) == ({31: 1.0}, 8)


def test_late_rows_are_never_shown() -> None:
    world = World()
    world.take(up(seconds(9)))
    backlog = seconds(10, lane=Lane.BACKFILL, sent_us=NOW)

    assert live_readings(world.take(up(seconds(5), received_us=NOW), up(backlog))) == []


def test_nothing_is_shown_of_nothing() -> None:
    assert live_readings(World().take()) == []
