from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ingest.columns import Ints, Rows, rows_of
from ingest.reception import Part, receive
from ingest.server_time import Flags, in_server_time, note_clocks, observe, shifts_of
from telemetry.messages import Batch, Flag, Lane
from tests.ingest.building import SECOND, START_US, batch, event, reading, seconds
from tests.ingest.world import NOW, World, up

Parts = npt.NDArray[np.int32]


def parts_of(world: World, *messages: tuple[Batch, int]) -> list[Part]:
    taken = receive([up(one, received_us=at_us) for one, at_us in messages], world.desk()).parts
    observe(taken, rows_of([part.batch for part in taken]))
    return taken


def corrected(parts: list[Part]) -> list[int]:
    rows = rows_of([part.batch for part in parts])
    return [int(time) for time in in_server_time(*columns(rows), shifts_of(parts)).time_us]


def columns(rows: Rows) -> tuple[Ints, Ints, Flags, Parts]:
    return rows.time_us, rows.mono_ms, rows.flags, rows.part


def test_a_right_clock_is_left_alone() -> None:
    one = seconds(1, 2)
    parts = parts_of(World(), (one, one.sent_us + 30_000))

    assert corrected(parts) == [START_US + SECOND, START_US + 2 * SECOND]


def test_one_message_held_up_among_others_moves_nothing() -> None:
    world = World()
    messages = [(seconds(s), seconds(s).sent_us + (40 if s == 3 else 0) * SECOND) for s in range(1, 8)]
    parts = parts_of(world, *messages)

    assert corrected(parts) == [START_US + s * SECOND for s in range(1, 8)]


def test_backlog_of_an_earlier_boot_is_taken_at_its_word_if_its_clock_was_right() -> None:
    rows = [reading(seq) for seq in (1, 2)]
    parts = parts_of(World(), (batch(rows, boot="before", sent_us=NOW), NOW + 30_000))

    assert corrected(parts) == [START_US + SECOND, START_US + 2 * SECOND]


def test_backlog_of_an_earlier_boot_without_a_right_clock_is_shifted_by_the_messages_own_offset() -> None:
    rows = [reading(seq, time_us=seq * SECOND, flags=0) for seq in (1, 2)]
    parts = parts_of(World(), (batch(rows, boot="before", sent_us=100 * SECOND), NOW))

    assert corrected(parts) == [NOW - 99 * SECOND, NOW - 98 * SECOND]


def test_rows_of_one_batch_are_taken_at_their_word_or_shifted_each_for_itself() -> None:
    rows = [reading(1, time_us=SECOND, flags=0), reading(2)]
    parts = parts_of(World(), (batch(rows, boot="before", sent_us=100 * SECOND), NOW))

    assert corrected(parts) == [NOW - 99 * SECOND, START_US + 2 * SECOND]


UNCERTAIN = int(Flag.TIME_UNCERTAIN)


def test_what_nothing_is_known_of_stays_where_its_box_put_it_and_uncertain() -> None:
    world = World()
    rows = [reading(seq, flags=UNCERTAIN) for seq in (1, 2)]
    intake = world.take(up(batch(rows, boot="before", sent_us=START_US + 9 * SECOND)))

    assert intake.rows.time_us.tolist() == [START_US + SECOND, START_US + 2 * SECOND]
    assert {Flag(int(flags)) for flags in intake.rows.flags} == {Flag.TIME_UNCERTAIN | Flag.LATE}, "for no rule"


def test_a_boot_that_was_once_heard_live_is_uncertain_no_more() -> None:
    world = World()
    world.take(up(seconds(5)))
    wrong = [reading(seq, time_us=START_US + 500 * SECOND, flags=UNCERTAIN) for seq in (3, 4)]
    intake = world.take(up(batch(wrong, lane=Lane.BACKFILL, sent_us=NOW), received_us=NOW))

    assert intake.rows.time_us.tolist() == [START_US + seq * SECOND + 30_000 for seq in (3, 4)]
    assert not any(int(flags) & UNCERTAIN for flags in intake.rows.flags)


def test_a_row_taken_before_the_clock_was_set_is_placed_by_the_boot_it_belongs_to() -> None:
    early = reading(1, time_us=40 * SECOND, flags=0)
    world = World()
    one, backlog = seconds(60), batch([early], sent_us=START_US + 61 * SECOND)
    parts = parts_of(world, (one, one.sent_us), (backlog, backlog.sent_us))

    assert abs(corrected(parts)[1] - START_US - SECOND) < 200_000


def test_only_clocks_that_cross_a_minute_are_told() -> None:
    world = World()
    off = batch([reading(1, time_us=START_US + 300 * SECOND, flags=int(Flag.CLOCK_SYNCHRONISED))])
    parts = parts_of(world, (off, START_US + SECOND))
    rows = rows_of([part.batch for part in parts])
    placed = in_server_time(*columns(rows), shifts_of(parts))

    ((unit, offset_us),) = note_clocks(parts, rows, placed.moved, placed.offset)
    assert (unit.known.name, unit.clock_off, round(offset_us / SECOND)) == ("u1", True, -299)
    assert note_clocks(parts, rows, placed.moved, placed.offset) == []
    assert note_clocks(parts, rows, np.array([False]), np.array([0]))[0][0].clock_off is False


def test_a_clock_near_the_limit_does_not_step_to_and_fro() -> None:
    def moved(world: World, seq: int, wrong_ms: int) -> bool:
        one = batch([reading(seq, time_us=START_US + seq * SECOND + wrong_ms * 1000)])
        intake = world.take(up(one, received_us=START_US + seq * SECOND + SECOND // 10))
        return bool(intake.rows.flags[0] & Flag.TIME_CORRECTED)

    world = World()
    assert [moved(world, seq, ms) for seq, ms in enumerate((1500, 2500, 1500, 500, 1500), start=1)] == [
        False, True, True, False, False,
    ]  # fmt: skip


def test_a_batch_of_events_only_teaches_its_clock_too_wherever_it_stands_among_others() -> None:
    world = World()
    noted = batch([], [event(5)], boot="events")
    rows = [seconds(s) for s in (1, 2)]
    alone = parts_of(World(), (noted, noted.sent_us + SECOND))
    among = parts_of(world, (noted, noted.sent_us + SECOND), *[(one, one.sent_us) for one in rows])

    assert among[0].unit.clock("events").anchor_us == alone[0].unit.clock("events").anchor_us is not None
    assert among[0].unit.clock("boot-0").anchor_us == START_US - 1000 * SECOND
