from __future__ import annotations

from ingest.told import Told
from tests.ingest.building import SECOND, START_US, batch, reading, seconds
from tests.ingest.world import NOW, World, up


def test_every_batch_with_new_rows_is_answered_and_the_newest_reading_shown() -> None:
    world = World()
    told = Told(world.take(up(seconds(1)), up(batch([reading(2), reading(3)]))))
    told.prepare()
    assert [(part.batch.first_seq, ranges) for part, ranges in told.answered] == [(1, [(1, 1)]), (2, [(2, 3)])]
    assert [(reading.unit, reading.seq, reading.time_us) for _, reading in told.readings] == [
        ("u1", 3, START_US + 3 * SECOND)
    ]


def test_what_came_again_is_answered_as_well() -> None:
    world = World()
    world.take(up(seconds(1)))
    told = Told(world.take(up(seconds(1)), up(b"nonsense", received_us=NOW)))
    assert [ranges for _, ranges in told.answered] == [[(1, 1)]]
    assert told.readings == []


def test_it_is_made_up_once() -> None:
    told = Told(World().take(up(seconds(1))))
    told.prepare()
    assert told.answered is told.answered and told.readings is told.readings
