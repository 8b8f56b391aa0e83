from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.inbox import Message
from ingest.intake import MOST_JUDGED, late_rows, take
from ingest.judging import samples_of
from ingest.ranges import RangeSet
from ingest.reception import Desk
from ingest.units import Unit
from telemetry.messages import Flag, Lane
from tests.ingest.building import SECOND, START_US, batch, event, reading, seconds
from tests.ingest.world import NOW, World, seqs, up


@pytest.fixture
def world() -> World:
    return World()


def test_rows_of_several_units_come_out_in_order_with_their_part(world: World) -> None:
    other = seconds(1, unit="u2")
    intake = world.take(up(seconds(1, 2)), up(other, "hhd/1/7/u2/up"), up(seconds(3)))

    assert seqs(intake) == [1, 2, 1, 3]
    assert [intake.parts[p].unit.known.name for p in intake.rows.part] == ["u1", "u1", "u2", "u1"]
    assert not intake.late.any()
    assert intake.rows.time_us.tolist() == [START_US + s * SECOND for s in (1, 2, 1, 3)]


def test_duplicates_within_one_handful_are_taken_once_and_answered_every_time(world: World) -> None:
    intake = world.take(up(seconds(1, 2)), up(seconds(2, 3)), up(seconds(1, 2)))

    assert seqs(intake) == [1, 2, 3]
    assert [part.answered() for part in intake.parts] == [[(1, 2)], [(2, 3)], [(1, 2)]]
    assert sum(part.sifted.duplicates for part in intake.parts) == 3


def test_what_was_stored_earlier_is_a_duplicate(world: World) -> None:
    world.take(up(seconds(1, 2)))
    intake = world.take(up(seconds(1, 2, 3)))

    assert seqs(intake) == [3]
    assert intake.parts[0].answered() == [(1, 3)]


def test_rows_behind_newer_ones_and_backlog_are_late(world: World) -> None:
    world.take(up(seconds(5)))
    backlog = seconds(6, lane=Lane.BACKFILL, sent_us=NOW)
    intake = world.take(up(seconds(4), received_us=NOW), up(backlog), up(seconds(7)))

    assert dict(zip(seqs(intake), intake.late.tolist(), strict=True)) == {4: True, 6: True, 7: False}
    assert [bool(f & Flag.LATE) for f in intake.rows.flags] == [True, True, False]


def test_late_rows_do_not_move_the_newest_time(world: World) -> None:
    backlog = seconds(50, lane=Lane.BACKFILL, sent_us=NOW)
    world.take(up(seconds(5)), up(backlog))

    unit = world.units["u1"]
    assert isinstance(unit, Unit)
    assert unit.newest_us == START_US + 5 * SECOND


def test_a_row_from_the_future_is_stored_and_no_rule_sees_it(world: World) -> None:
    ahead = reading(1, time_us=NOW + 3600 * SECOND)
    intake = world.take(up(batch([ahead], sent_us=NOW), received_us=NOW))

    assert intake.late.tolist() == [True]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30), st.booleans()), max_size=40),
    st.lists(st.integers(-1, 20), min_size=4, max_size=4),
)
def test_late_is_not_newer_than_what_came_before(rows: list[tuple[int, int, bool]], newest: list[int]) -> None:
    seen, expected = list(newest), []
    for place, at, hidden in rows:
        expected.append(hidden or at <= seen[place])
        if not expected[-1]:
            seen[place] = at

    unit, time = np.array([r[0] for r in rows], np.int64), np.array([r[1] for r in rows], np.int64)
    never = np.array([r[2] for r in rows], np.bool_)
    assert late_rows(unit, time, never, np.array(newest, np.int64)).tolist() == expected


def test_of_one_that_floods_the_rules_see_the_newest_and_the_rest_is_stored_as_late(world: World) -> None:
    flood = [up(seconds(*range(n, n + 200)), received_us=NOW + 3600 * SECOND) for n in range(0, 1400, 200)]
    intake = world.take(up(seconds(1, unit="u2"), "hhd/1/7/u2/up"), *flood)

    assert len(intake.rows) == 1401
    assert intake.late.tolist() == [False] + [True] * (1400 - MOST_JUDGED) + [False] * MOST_JUDGED
    assert [bool(flags & Flag.LATE) for flags in intake.rows.flags] == intake.late.tolist()
    unit = world.units["u1"]
    assert isinstance(unit, Unit) and unit.newest_us == intake.rows.time_us[-1]


def test_a_box_at_1970_is_not_quarantined_but_put_right(world: World) -> None:
    wrong = START_US - 100 * SECOND
    rows = [reading(s, time_us=START_US + s * SECOND - wrong, flags=0) for s in (1, 2)]
    one = batch(rows, [msgspec.structs.replace(event(3), time_us=103 * SECOND, flags=0)])
    intake = world.take(up(one, received_us=START_US + 3 * SECOND + SECOND // 10))

    assert not intake.outcasts
    assert intake.rows.time_us.tolist() == pytest.approx([START_US + SECOND, START_US + 2 * SECOND], abs=200_000)
    assert all(f & Flag.TIME_CORRECTED for f in intake.rows.flags)
    ((_, noted),) = intake.events
    assert noted.time_us == pytest.approx(START_US + 3 * SECOND, abs=200_000)
    assert noted.flags & Flag.TIME_CORRECTED
    ((unit, offset_us),) = intake.clocks
    assert (unit.known.name, round(offset_us / SECOND)) == ("u1", round(wrong / SECOND))


def test_a_clock_that_is_put_right_is_told_once(world: World) -> None:
    def live(seq: int, wrong_s: int) -> Message:
        one = batch([reading(seq, time_us=START_US + (seq + wrong_s) * SECOND)])
        return up(one, received_us=START_US + seq * SECOND + SECOND // 5)

    findings = [world.take(live(seq, wrong)).clocks for seq, wrong in ((1, 0), (2, 90), (3, 90), (4, 0), (5, 0))]

    assert [len(found) for found in findings] == [0, 1, 0, 1, 0]


def test_rows_with_impossible_times_are_taken_marked_late_and_counted(world: World) -> None:
    ahead = reading(4, time_us=NOW + 3 * 86_400 * SECOND, mono_ms=2**50)
    mixed = batch([reading(1), reading(2, time_us=0, mono_ms=0), reading(3), ahead], [event(5)], sent_us=NOW)
    intake = world.take(up(mixed))

    assert seqs(intake) == [1, 2, 3, 4]
    assert not intake.outcasts
    assert intake.late.tolist() == [False, True, False, True]
    assert [bool(f & Flag.LATE) for f in intake.rows.flags] == [False, True, False, True]
    assert intake.impossible == 2
    assert intake.parts[0].answered() == [(1, 5)]


def test_the_night_of_a_box_without_a_clock_is_taken_as_it_was_stamped(world: World) -> None:
    """It restarted, got the time, and sends what it recorded at 1970: nothing says how wrong that was."""
    night = [reading(seq, time_us=seq * SECOND, flags=0) for seq in range(1, 4)]
    intake = world.take(up(batch(night, lane=Lane.BACKFILL, sent_us=NOW), received_us=NOW))

    assert intake.rows.time_us.tolist() == [SECOND, 2 * SECOND, 3 * SECOND]
    assert intake.late.all()
    assert (intake.impossible, intake.parts[0].answered()) == (3, [(1, 3)])


def test_an_event_with_an_impossible_time_is_taken_and_marked_too(world: World) -> None:
    far = msgspec.structs.replace(event(2), time_us=2**61, mono_ms=0)
    intake = world.take(up(batch([reading(1)], [far, event(3)], sent_us=START_US + SECOND)))

    assert [(e.seq, bool(e.flags & Flag.LATE)) for _, e in intake.events] == [(2, True), (3, False)]
    assert intake.impossible == 1
    assert [e.seq for _, e in samples_of(intake, intake.rows.time_us).events] == [3]


@given(st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=6, unique=True), max_size=12), st.randoms())
def test_the_same_rows_are_taken_however_they_are_cut_into_handfuls(groups: list[list[int]], random: object) -> None:
    messages = [up(seconds(*sorted(group))) for group in groups]
    truth = {seq for group in groups for seq in group}

    world = World()
    together = world.take(*messages)
    world, apart = World(), []
    random.shuffle(messages)  # type: ignore[attr-defined]
    for message in messages:
        apart += seqs(world.take(message))

    assert sorted(seqs(together)) == sorted(apart) == sorted(truth)


def test_when_what_is_stored_cannot_be_asked_for_nothing_has_been_noted_of_any_row(world: World) -> None:
    whole = world.desk()

    def held(unit: Unit, epoch: str) -> RangeSet:
        if epoch == "f" * 16:
            raise ConnectionError
        return whole.held(unit, epoch)

    messages = [up(seconds(1)), up(seconds(2, epoch="f" * 16))]
    with pytest.raises(ConnectionError):
        take(messages, Desk(whole.owned, whole.find, held, whole.admits))
    assert seqs(world.take(*messages)) == [1, 2]
