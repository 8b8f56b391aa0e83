"""Room in the outbox: thinned before dropped, extremes and events kept, everything counted, never long at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from edge_agent.ledger import Gap, Why
from edge_agent.outbox import DAY_US, Outbox
from edge_agent.room import WINDOW
from edge_agent.thinning import STEPS_S
from telemetry.clock import MICROSECONDS
from telemetry.messages import Event, EventKind, Reading

START_US = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z
SIGNALS = (2, 3, 4)
BOUND = 256 * 1024


def reading(second: int, rng: Random, *, flags: int = 1) -> Reading:
    values = {n: float(rng.randrange(-300, 300)) for n in SIGNALS}
    return Reading(0, START_US + second * MICROSECONDS, second * 1000, flags, 3, values)


def event(second: int, name: str = "MDC_EVT_ALARM") -> Event:
    return Event(0, START_US + second * MICROSECONDS, second * 1000, 1, EventKind.ALARM, name, 196616, True)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Outbox]:
    outbox = Outbox(tmp_path / "small.sqlite", now_us=1, max_bytes=BOUND)
    yield outbox
    outbox.close()


def records(outbox: Outbox) -> list[Any]:
    seqs = [seq for first, last, _ in outbox.pending() for seq in range(first, last + 1)]
    return [row.record for i in range(0, len(seqs), 500) for row in outbox.read(seqs[i : i + 500])]


def fill(outbox: Outbox, seconds: range, seed: int = 1, *, event_every: int = 100) -> list[Reading]:
    """A reading a second, ten to an append, and an event now and then; gives the readings with their numbers."""
    rng, given = Random(seed), []
    for start in range(seconds.start, seconds.stop, 10):
        batch: list[Reading | Event] = [reading(s, rng) for s in range(start, min(start + 10, seconds.stop))]
        count = len(batch)
        if start % event_every == 0:
            batch.append(event(start))
        seqs = outbox.append(batch, "b")
        given += [Reading(s, r.time_us, 0, 1, 3, r.values) for s, r in zip(seqs, batch[:count], strict=False)
                  if isinstance(r, Reading)]  # fmt: skip
        assert outbox.bytes <= BOUND, "the bound holds at every moment"
    return given


def test_at_the_bound_old_readings_are_thinned_and_extremes_and_events_stay(small: Outbox) -> None:
    given = fill(small, range(6000))
    left = records(small)
    kept = {r.seq for r in left if isinstance(r, Reading)}
    assert small.untold.keys() == {Why.THINNED} and small.thinned == len(given) - len(kept) > 3000
    assert sum(isinstance(r, Event) for r in left) == 60, "every event"
    step_us = small.untold[Why.THINNED].step_s * MICROSECONDS
    for start in range(0, 6000 * MICROSECONDS, step_us):
        stretch = [r for r in given if start <= r.time_us - START_US < start + step_us]
        stayed = [r for r in stretch if r.seq in kept]
        for n in SIGNALS:
            assert min(r.values[n] for r in stayed) == min(r.values[n] for r in stretch)
            assert max(r.values[n] for r in stayed) == max(r.values[n] for r in stretch)
    newest = [r.seq for r in given[-len(given) // 4 + STEPS_S[0] :]]
    assert kept.issuperset(newest), "the newest quarter is whole, but for a minute that began before it"


def test_each_minute_is_looked_at_whole_and_once(small: Outbox) -> None:
    given = fill(small, range(2400), event_every=10**9)
    kept = {r.seq for r in records(small) if isinstance(r, Reading)}
    reached = small._ledger.reached[0]
    assert reached > 300 and reached % 60 == 1, "an event stands in the first minute"
    # Of each minute at most two readings for each signal, and its two ends.
    for first in range(given[0].seq, reached, 60):
        minute = [r.seq for r in given if 0 <= r.time_us - START_US - (first - 1) * MICROSECONDS < 60 * MICROSECONDS]
        assert 2 <= len(kept.intersection(minute)) <= 2 * len(SIGNALS) + 2


def test_what_stays_is_what_it_was(small: Outbox) -> None:
    given = {r.seq: r for r in fill(small, range(6000))}
    for record in records(small):
        if isinstance(record, Reading):
            assert (record.time_us, record.values) == (given[record.seq].time_us, given[record.seq].values)


def test_the_old_part_is_thinned_ever_more_coarsely_and_dropped_only_at_the_very_end(small: Outbox) -> None:
    steps: list[int] = []
    second = 0
    while Why.DROPPED not in small.untold:
        fill(small, range(second, second + 500), event_every=10**9)
        second += 500
        steps.append(max((gap.step_s for gap in small.untold.values()), default=0))
        assert second < 4_000_000
    assert sorted(set(steps)) == [0, *STEPS_S] and steps == sorted(steps), "one after the other"
    assert second > 12 * BOUND // 150, "the past reaches twelve times as far back as without thinning"
    assert small.bytes <= BOUND


def test_after_a_long_outage_the_past_is_coarse_and_the_present_whole(small: Outbox) -> None:
    fill(small, range(25_000), event_every=600)
    times = [(r.time_us - START_US) // MICROSECONDS for r in records(small) if isinstance(r, Reading)]
    assert times[0] == 0, "the past reaches back to the beginning: the file has room for some 1 700 readings"
    steps = [b - a for a, b in pairwise(times)]
    assert max(steps) <= 2 * STEPS_S[-1] and steps[-1000:] == [1] * 1000


def test_the_file_shrinks_in_fact_not_only_in_the_count(small: Outbox, tmp_path: Path) -> None:
    fill(small, range(20_000))
    small._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert (tmp_path / "small.sqlite").stat().st_size <= BOUND


def test_nothing_more_is_done_in_one_append_than_a_window_allows(small: Outbox) -> None:
    fill(small, range(2500))
    rng, steps = Random(2), 0

    def count() -> int:
        nonlocal steps
        steps += 100
        return 0

    small._db.set_progress_handler(count, 100)
    longest = 0
    for second in range(2500, 6000):
        steps = 0
        small.append([reading(second, rng)], "b")
        longest = max(longest, steps)
    small._db.set_progress_handler(None, 0)
    assert small.thinned > 3000
    # Instructions of SQLite's machine: some forty to read, delete and write back each row, at four steps of thinning.
    assert longest < 60 * WINDOW


def test_it_goes_on_where_it_was_after_a_restart(tmp_path: Path, small: Outbox) -> None:
    fill(small, range(6000))
    ledger = small._ledger
    small.close()
    again = Outbox(tmp_path / "small.sqlite", now_us=1, max_bytes=BOUND)
    assert again._ledger.kept() == ledger.kept() and again.untold == small.untold
    assert (again.rows, again.bytes) == (ledger.rows, ledger.bytes)
    again.close()


def test_another_boot_or_a_clock_that_jumped_is_another_stretch(small: Outbox) -> None:
    rng = Random(3)
    for boot in range(200):
        small.append([reading(s % 60 if boot % 2 else s, rng) for s in range(10)], f"boot-{boot}")
    peaks = {}
    for boot in range(200):
        rows = small.read(range(boot * 10 + 1, boot * 10 + 11))
        assert {row.boot for row in rows} <= {f"boot-{boot}"} and rows, "each boot has left something"
        peaks[boot] = len(rows)
    assert small.thinned > 0 and min(peaks.values()) >= 2


def test_a_damaged_row_is_left_for_reading_to_find(small: Outbox) -> None:
    rng = Random(4)
    for second in range(300):
        small.append([reading(second, rng)], "b")
    small._db.execute("UPDATE entry SET payload = x'ff' WHERE seq = 7")
    fill(small, range(300, 4000))
    assert small.thinned > 0
    assert small.read([7]) == [] and small.rejected == 1


def test_events_alone_have_their_limit_too_and_it_is_counted(small: Outbox) -> None:
    for second in range(4000):
        small.append([event(second, f"alarm {second}")], "b")
        assert small.bytes <= BOUND
    left = records(small)
    assert small.thinned == 4000 - len(left) > 0
    assert [r.name for r in left] == [f"alarm {s}" for s in range(4000 - len(left), 4000)], "the oldest went"
    gap = small.untold[Why.EVENTS]
    assert (gap.rows, gap.first, gap.last) == (small.thinned, 1, small.thinned)
    assert gap.from_us == START_US and gap.step_s == 0
    assert small.bytes > BOUND * 7 // 10, "three quarters are theirs"
    for second in range(100):
        (seq,) = small.append([reading(second, Random(1))], "b")
    assert [row.seq for row in small.read(range(seq - 99, seq + 1))] == list(range(seq - 99, seq + 1)), (
        "however many events there are, there is room for what the machine shows now"
    )


def test_a_flood_of_events_is_not_looked_at_again_for_every_append(small: Outbox) -> None:
    for second in range(0, 3000, 50):
        small.append([event(s) for s in range(second, second + 50)], "b")
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 10
        return 0

    small.append([reading(0, Random(1))], "b")
    small._db.set_progress_handler(count, 10)
    for second in range(10):
        small.append([reading(second, Random(1))], "b")
    small._db.set_progress_handler(None, 0)
    assert steps < 10 * 500


def test_readings_older_than_the_bound_go_and_events_stay(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "aged.sqlite", now_us=1, max_bytes=1 << 24, max_age_us=DAY_US)
    rng, day = Random(1), 86_400
    outbox.append([reading(s, rng) for s in range(500)] + [event(500)], "b")
    outbox.append([reading(day - 3600, rng)], "b")
    assert outbox.thinned == 0
    outbox.append([reading(day + 250, rng)], "b")
    assert outbox.thinned == 250
    assert outbox.untold == {Why.EXPIRED: Gap(250, 1, 250, START_US, START_US + 249 * MICROSECONDS)}
    outbox.append([reading(day + 255, rng)], "b")
    assert outbox.thinned == 250, "looked at once a minute"
    for minute in range(10):
        outbox.append([reading(day + 400 + 60 * minute, rng)], "b")
    assert outbox.thinned == 500, "the hour-old one and all after it are there"
    assert [r for r in records(outbox) if isinstance(r, Event)] == [
        Event(501, START_US + 500 * MICROSECONDS, 500_000, 1, EventKind.ALARM, "MDC_EVT_ALARM", 196616, True)
    ]
    outbox.close()


def test_a_box_switched_off_for_months_gets_rid_of_what_is_too_old_without_a_long_pause(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "aged.sqlite", now_us=1, max_bytes=1 << 24, max_age_us=DAY_US)
    rng = Random(1)
    outbox.append([reading(s, rng) for s in range(1000)], "b")
    gone = []
    for second in range(6):
        outbox.append([reading(100 * 86_400 + second, rng)], "b")
        gone.append(outbox.thinned)
    assert gone == [WINDOW, 2 * WINDOW, 3 * WINDOW, 1000, 1000, 1000]
    outbox.close()


def test_a_clock_that_nobody_vouches_for_expires_nothing(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "aged.sqlite", now_us=1, max_bytes=1 << 24, max_age_us=DAY_US)
    rng = Random(1)
    outbox.append([reading(-50 * 365 * 86_400, rng, flags=0), reading(0, rng), reading(1, rng, flags=0)], "b")
    outbox.append([reading(50 * 86_400, rng, flags=0)], "b")
    assert outbox.thinned == 0, "neither of a row nor of now"
    outbox.append([reading(120, rng)], "b")
    assert outbox.thinned == 0, "1976 by a clock that was wrong; what follows it is an hour old at most"
    outbox.append([reading(86_400 + 240, rng)], "b")
    assert [r.seq for r in records(outbox)] == [6], "before a row that is too old there is nothing younger"
    outbox.close()


def test_old_readings_that_come_back_are_found(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "back.sqlite", now_us=1, max_bytes=65536)
    rng = Random(1)
    for _ in range(3000):
        outbox.append([reading(0, rng)], "b")  # all of one stretch
    old = records(outbox)[0].seq
    outbox.set_aside([(old, old)], "refused")
    outbox.append([reading(0, rng)], "b")
    assert outbox.requeue() == 1
    assert records(outbox)[0].seq == old and outbox.bytes <= 65536
    outbox.append([reading(0, rng)], "b")
    assert outbox.bytes <= 65536
    outbox.close()
