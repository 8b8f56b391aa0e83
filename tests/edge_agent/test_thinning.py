"""Room in a full outbox: the oldest readings go, and what was looked at once is not looked at again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge_agent.outbox import Outbox
from edge_agent.thinning import ROW_OVERHEAD, Dropped, drop_readings


@pytest.fixture
def small(tmp_path: Path, tools: Any) -> Iterator[Outbox]:
    """An outbox that events alone have filled far beyond its bound."""
    outbox = Outbox(tmp_path / "small.sqlite", now_us=1, max_bytes=65536)
    outbox.append([tools.event()] * 3000, "b")
    yield outbox
    outbox.close()


def seqs(outbox: Outbox, *, events: bool) -> list[int]:
    return [n for first, last, are in outbox.pending() if are is events for n in range(first, last + 1)]


def test_no_more_readings_go_than_must(outbox: Outbox, tools: Any) -> None:
    outbox.append([tools.event(), *[tools.reading()] * 5], "b")
    (size,) = outbox._db.execute("SELECT length(payload) FROM entry WHERE seq = 2").fetchone()
    each = size + ROW_OVERHEAD
    assert drop_readings(outbox._db, after=0, newest=6, excess=2 * each) == Dropped(2, 2 * each, last=3)
    assert seqs(outbox, events=False) == [4, 5, 6]
    assert drop_readings(outbox._db, after=3, newest=6, excess=99 * each) == Dropped(3, 3 * each, last=6)
    assert drop_readings(outbox._db, after=6, newest=6, excess=1) == Dropped(0, 0, last=6)
    assert seqs(outbox, events=True) == [1]


def test_appending_beyond_the_bound_does_not_look_at_every_event_again(small: Outbox, tools: Any) -> None:
    small.append([tools.reading()], "b")
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 10
        return 0

    small._db.set_progress_handler(count, 10)
    for _ in range(10):
        small.append([tools.reading()], "b")
    small._db.set_progress_handler(None, 0)
    assert steps < 10 * 500, "instructions of SQLite's machine, a handful for each row it looks at"
    assert small.thinned == 10 and small.rows == 3001
    assert seqs(small, events=False) == [3011] and len(seqs(small, events=True)) == 3000


def test_old_readings_that_come_back_are_found(small: Outbox, tools: Any) -> None:
    (old,) = small.append([tools.reading()], "b")
    small.set_aside([(old, old)], "refused")
    small.append([tools.reading()] * 3, "b")
    small.append([tools.reading()], "b")
    assert small.requeue() == 1 and old in seqs(small, events=False)
    (newest,) = small.append([tools.reading()], "b")
    assert seqs(small, events=False) == [newest]
