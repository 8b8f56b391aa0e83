from __future__ import annotations

import numpy as np

from ingest import early
from ingest.inbox import Message
from ingest.units import MAX_EPOCHS
from telemetry.messages import Flag, Lane
from tests.ingest.building import SECOND, batch, event, reading, seconds
from tests.ingest.world import NOW, World, seqs, up


def see(world: World, *messages: Message) -> None:
    """The rules see messages that are not stored: the memory of what is held is taken back."""
    held = {unit: {epoch: list(r.ranges()) for epoch, r in unit.held.items()} for unit in world.all_units()}
    intake = world.take(*messages)
    early.remember(intake.parts, intake.rows, ~intake.late, intake.judged_events)
    for unit, before in held.items():
        unit.held.clear()
        for epoch, ranges in before.items():
            for first, last in ranges:
                world.held(unit, epoch).add(first, last)


def test_what_was_seen_is_stored_later_without_a_mark_and_without_being_judged_again() -> None:
    world = World()
    see(world, up(batch([reading(1), reading(2)], [event(3)])), up(seconds(4)))
    backlog = batch([reading(1), reading(2), reading(4)], [event(3)], lane=Lane.BACKFILL, sent_us=NOW)
    intake = world.take(up(backlog), up(seconds(5)))

    assert seqs(intake) == [1, 2, 4, 5]
    assert intake.late.tolist() == [True, True, True, False]
    assert not (intake.rows.flags & np.uint8(Flag.LATE)).any()
    assert [e.seq for _, e in intake.events] == [3]
    assert intake.judged_events == []


def test_what_was_seen_is_not_judged_again_even_if_its_time_is_put_right_otherwise() -> None:
    world = World()
    see(world, up(seconds(1, 2)))
    for unit in world.all_units():
        unit.newest_us -= 10 * SECOND
    intake = world.take(up(seconds(1, 2)))

    assert intake.late.tolist() == [True, True]


def test_what_got_lost_on_the_way_is_late_as_ever() -> None:
    world = World()
    see(world, up(seconds(1)), up(seconds(3)))
    intake = world.take(up(seconds(1, 2, 3, lane=Lane.BACKFILL, sent_us=NOW)))

    assert [bool(flags & Flag.LATE) for flags in intake.rows.flags] == [False, True, False]


def test_an_event_that_was_late_when_it_was_seen_stays_late() -> None:
    world = World()
    late = batch([reading(5)], [event(6)], lane=Lane.BACKFILL, sent_us=NOW)
    see(world, up(seconds(50)), up(late))
    intake = world.take(up(late))

    assert [bool(e.flags & Flag.LATE) for _, e in intake.events] == [True]
    assert intake.judged_events == []
    assert [bool(flags & Flag.LATE) for flags in intake.rows.flags] == [True]


def test_another_unit_s_and_another_epoch_s_numbers_are_others() -> None:
    world = World()
    see(world, up(seconds(1)))
    intake = world.take(up(seconds(1, epoch="f" * 16)), up(seconds(1, unit="u2"), "hhd/1/7/u2/up"))

    assert early.known_rows(intake.parts, intake.rows).tolist() == [False, False]


def test_a_box_with_many_epochs_costs_no_more_than_a_few() -> None:
    world = World()
    for number in range(3 * MAX_EPOCHS):
        see(world, up(seconds(number, epoch=f"{number:016x}")))

    (unit,) = [unit for unit in world.all_units() if unit.known.name == "u1"]
    assert len(unit.judged) == MAX_EPOCHS
