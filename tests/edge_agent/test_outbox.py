"""The outbox's file: what was accepted is there until it is settled, whatever happens to process and disk.

What holds of any outbox is in tests/contracts/test_outbox_contract.py.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

from edge_agent.outbox import Outbox
from edge_agent.outbox_file import OutboxError
from telemetry.messages import Event, EventKind, Reading

READING = Reading(0, 1, 1, 1, 3, {2: -120.0})
EVENT = Event(0, 1, 1, 1, EventKind.ALARM, "MDC_EVT_ALARM", 196616, True)


@pytest.fixture
def reopen(tmp_path: Path) -> Any:
    opened: list[Outbox] = []

    def again(max_bytes: int = 1 << 24) -> Outbox:
        for outbox in opened:
            outbox.close()
        opened[:] = [Outbox(tmp_path / "outbox.sqlite", now_us=1, max_bytes=max_bytes)]
        return opened[0]

    yield again
    for outbox in opened:
        outbox.close()


def pending(outbox: Outbox) -> list[int]:
    return [seq for first, last, _ in outbox.pending() for seq in range(first, last + 1)]


def test_what_was_appended_is_read_back_with_its_number(outbox: Outbox) -> None:
    seqs = outbox.append([READING, EVENT], "boot-1")
    rows = outbox.read(seqs)
    assert [row.record.seq for row in rows] == seqs == [1, 2]
    assert isinstance(rows[0].record, Reading) and isinstance(rows[1].record, Event)
    assert {(row.epoch, row.boot) for row in rows} == {(outbox.epoch, "boot-1")}
    assert outbox.pending() == [(1, 1, False), (2, 2, True)]
    assert outbox.rows == 2 and outbox.oldest_us() == 1


def test_it_is_all_there_after_reopening(reopen: Callable[..., Outbox]) -> None:
    outbox = reopen()
    epoch, seqs = outbox.epoch, outbox.append([READING] * 3, "boot-1", b"memory")
    size = outbox.bytes
    outbox = reopen()
    assert (outbox.epoch, pending(outbox), outbox.memory(), outbox.bytes) == (epoch, seqs, b"memory", size)
    assert outbox.incidents == []


def test_a_number_is_never_used_again(reopen: Callable[..., Outbox]) -> None:
    outbox = reopen()
    outbox.append([READING] * 5, "b")
    assert outbox.settle(outbox.epoch, [(1, 5)]) == [1, 2, 3, 4, 5]
    assert outbox.rows == 0 and outbox.bytes == 0
    outbox = reopen()
    assert outbox.append([READING], "b") == [6]


def test_settling_twice_or_what_is_not_there_is_no_harm(outbox: Outbox) -> None:
    outbox.append([READING] * 4, "b")
    assert outbox.settle(outbox.epoch, [(2, 3)]) == [2, 3]
    assert outbox.settle(outbox.epoch, [(0, 3), (100, 200)]) == [1]
    assert outbox.settle(outbox.epoch, [(0, 3)]) == []
    assert pending(outbox) == [4]


@pytest.mark.parametrize("epoch", ["0" * 16, "", "nonsense", "ABCDEF0123456789", "é" * 16])
def test_an_epoch_that_is_not_ours_settles_nothing(outbox: Outbox, epoch: str) -> None:
    outbox.append([READING], "b")
    assert outbox.settle(epoch, [(1, 1)]) is None
    assert outbox.reject(epoch, [(1, 1)], "no") is None
    assert pending(outbox) == [1]


def test_refused_rows_are_set_aside_and_counted(reopen: Callable[..., Outbox], tmp_path: Path) -> None:
    outbox = reopen()
    outbox.append([READING, EVENT, READING], "b")
    assert outbox.reject(outbox.epoch, [(1, 2)], "impossible") == [1, 2]
    outbox.set_aside([(3, 3)], "too large")
    assert outbox.rows == 0
    outbox = reopen()
    assert outbox.rejected == 3
    with sqlite3.connect(tmp_path / "outbox.sqlite") as db:
        assert db.execute("SELECT seq, reason FROM aside").fetchall() == [
            (1, "impossible"), (2, "impossible"), (3, "too large"),
        ]  # fmt: skip
    outbox.settle(outbox.epoch, [(3, 3)])
    with sqlite3.connect(tmp_path / "outbox.sqlite") as db:
        assert db.execute("SELECT seq FROM aside").fetchall() == [(1,), (2,)], "it had arrived after all"


def test_a_row_with_a_flipped_bit_is_set_aside_not_sent(outbox: Outbox, tmp_path: Path) -> None:
    seqs = outbox.append([READING] * 3, "b")
    with sqlite3.connect(tmp_path / "outbox.sqlite") as db:
        payload = bytearray(db.execute("SELECT payload FROM entry WHERE seq = 2").fetchone()[0])
        payload[-3] ^= 1
        db.execute("UPDATE entry SET payload = ? WHERE seq = 2", (bytes(payload),))
    assert [row.seq for row in outbox.read(seqs)] == [1, 3]
    assert pending(outbox) == [1, 3] and outbox.rejected == 1


def test_at_its_bound_old_readings_go_and_every_event_stays(reopen: Callable[..., Outbox]) -> None:
    outbox = reopen(65536)
    for _ in range(100):
        outbox.append([EVENT, *[READING] * 19], "b")
        assert outbox.bytes <= 65536
    assert outbox.thinned > 0 and outbox.thinned + outbox.rows == 2000
    events = [seq for first, last, is_event in outbox.pending() if is_event for seq in range(first, last + 1)]
    assert events == list(range(1, 2000, 20))
    assert pending(outbox)[-1] == 2000, "the newest are there"
    thinned = outbox.thinned
    assert reopen(65536).thinned == thinned


def test_what_went_is_untold_until_an_append_tells_it(reopen: Callable[..., Outbox]) -> None:
    outbox = reopen(65536)
    for _ in range(100):
        outbox.append([READING] * 20, "b")
    untold = outbox.untold
    assert untold and sum(gap.rows for gap in untold.values()) == outbox.thinned
    outbox = reopen(65536)
    assert outbox.untold == untold, "a restart forgets nothing"
    outbox.append([EVENT], "b", told=True)
    assert outbox.untold == {} and reopen(65536).untold == {}


def test_rows_that_went_while_they_were_out_settle_to_nothing(reopen: Callable[..., Outbox]) -> None:
    outbox = reopen(65536)
    out = outbox.append([READING] * 240, "b")
    for _ in range(200):
        outbox.append([READING] * 20, "b")
    left = [row.seq for row in outbox.read(out)]
    assert len(left) < 240
    rows, thinned = outbox.rows, outbox.thinned
    assert outbox.settle(outbox.epoch, [(out[0], out[-1])]) == left
    assert (outbox.rows, outbox.thinned) == (rows - len(left), thinned)


def test_a_full_disk_changes_nothing_and_room_makes_it_work_again(outbox: Outbox) -> None:
    outbox.append([READING], "b")
    pages = outbox._db.execute("PRAGMA page_count").fetchone()[0]
    outbox._db.execute(f"PRAGMA max_page_count = {pages}")
    before = pending(outbox), outbox.bytes
    with pytest.raises(OutboxError, match="full") as caught:
        outbox.append([READING] * 500, "b")
    assert caught.value.recoverable
    assert (pending(outbox), outbox.bytes) == before
    outbox._db.execute("PRAGMA max_page_count = 1000000")
    assert outbox.append([READING], "b") == [2]


def fail_to_append(outbox: Outbox, tools: Any, memory: bytes | None = None) -> None:
    """An append whose sync fails, and a closing that cannot move the log into the file either."""

    def try_it() -> None:
        with pytest.raises(OutboxError, match="I/O") as caught:
            outbox.append([EVENT, READING], "b", memory)
        assert caught.value.recoverable
        outbox._db.close()

    tools.while_sync_fails(try_it)


def test_what_a_failed_commit_left_behind_is_not_there_twice(outbox: Outbox, tmp_path: Path, tools: Any) -> None:
    outbox.append([READING], "b", b"before")
    fail_to_append(outbox, tools, b"after")
    with closing(sqlite3.connect(tmp_path / "outbox.sqlite")) as db:
        assert db.execute("SELECT count(*) FROM entry").fetchone() == (3,), "SQLite finds them whole in its log"
    outbox.reopen(2)
    assert pending(outbox) == [1] and outbox.rows == 1
    assert outbox.memory() == b"before", "or a restart now would take what nobody has kept for announced"
    again = outbox.append([READING], "b")
    assert pending(outbox) == [1, *again]
    outbox.reopen(3)
    assert pending(outbox) == [1, *again], "what was accepted stays"


def test_while_it_cannot_be_cleaned_nothing_is_read_or_added(outbox: Outbox, tools: Any) -> None:
    outbox.append([READING], "b")
    fail_to_append(outbox, tools)

    def reopen_in_vain() -> None:
        with pytest.raises(OutboxError):
            outbox.reopen(2)

    generation = outbox.generation
    tools.while_sync_fails(reopen_in_vain)
    assert outbox.generation == generation
    for refused in (outbox.pending, lambda: outbox.read([2]), lambda: outbox.append([READING], "b")):
        with pytest.raises(OutboxError, match="disk I/O error") as caught:
            refused()
        assert caught.value.recoverable
    outbox.reopen(3)
    assert pending(outbox) == [1]


def test_what_a_failed_commit_left_in_a_torn_file_is_not_salvaged(outbox: Outbox, tmp_path: Path, tools: Any) -> None:
    outbox.append([READING] * 499, "b")
    outbox._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    outbox.append([READING], "b", b"before")
    fail_to_append(outbox, tools, b"after")
    path = tmp_path / "outbox.sqlite"
    path.write_bytes(b"XXXX" * 1024 + path.read_bytes()[4096:])
    outbox.reopen(2)
    assert [incident.salvaged for incident in outbox.incidents] == [502], "with what the failed one left in the log"
    assert pending(outbox) == list(range(1, 501)) and outbox.memory() == b"before"
    assert outbox.append([READING], "b") == [503], "no number is used again"


def test_rows_set_aside_can_be_sent_once_more(outbox: Outbox) -> None:
    first, second = outbox.append([READING, READING], "b")
    outbox.set_aside([(first, first)], "poison")
    assert outbox.requeue() == 1
    assert pending(outbox) == [first, second]
    assert [row.seq for row in outbox.read([first, second])] == [first, second]
    assert outbox.requeue() == 0


def test_only_one_process_may_use_it(outbox: Outbox, tmp_path: Path) -> None:
    with pytest.raises(OutboxError, match=f"another agent uses it \\(process {os.getpid()}\\)") as caught:
        Outbox(tmp_path / "outbox.sqlite", now_us=1, max_bytes=1 << 20)
    assert not caught.value.recoverable
    outbox.append([READING], "b")


CHILD = """
import sys
from pathlib import Path
from edge_agent.outbox import Outbox
from telemetry.messages import Reading
outbox = Outbox(Path(sys.argv[1]), now_us=1, max_bytes=1 << 24)
reading = Reading(0, 1, 1, 1, 3, {2: -120.0})
while True:
    seqs = outbox.append([reading] * 3, "b", b"m")
    print(*seqs, flush=True)
    if seqs[0] % 5 == 0:
        settled = outbox.settle(outbox.epoch, [(seqs[0], seqs[0])])
        print("settled", *settled, flush=True)
"""


def test_killed_while_writing_it_has_all_it_reported(tmp_path: Path, reopen: Callable[..., Outbox]) -> None:
    path, rng = tmp_path / "outbox.sqlite", Random(7)
    accepted, settled, epochs = set[int](), set[int](), set[str]()
    for _ in range(6):
        lines = rng.randrange(1, 120)
        with subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            said = [child.stdout.readline() for _ in range(lines)]
            os.kill(child.pid, signal.SIGKILL)
            said += child.stdout.read().splitlines()
        for line in said:
            words = line.split()
            numbers = {int(w) for w in words if w.isdigit()}
            if words and words[0] == "settled":
                settled |= numbers
            elif len(numbers) == 3:
                assert not accepted & numbers, "numbers are not used again"
                accepted |= numbers
        outbox = reopen()
        epochs.add(outbox.epoch)
        assert outbox.incidents == []
        here = set(pending(outbox))
        assert accepted - settled - here <= {s for s in accepted if s % 5 == 0}, "only a settling not yet reported"
        assert not settled & here
        assert len(outbox.read(sorted(here)[:500])) == min(500, len(here))
        outbox.close()
    assert len(epochs) == 1


LIMITED = """
import resource, sys
from pathlib import Path
from edge_agent.outbox import Outbox
from edge_agent.outbox_file import OutboxError
from telemetry.messages import Reading
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
reading = Reading(0, 1, 1, 1, 3, {2: -120.0})
try:
    outbox = Outbox(Path(sys.argv[1]), now_us=1, max_bytes=1 << 24)
    while True:
        print(*outbox.append([reading] * 10, "b"), flush=True)
except OutboxError as error:
    print("refused:", error.line(), flush=True)
"""


@pytest.mark.parametrize("limit", [0, 100, 4096, 5000, 20_000, 33_000, 100_000, 300_000])
def test_a_write_that_fails_anywhere_is_told_and_loses_nothing(
    tmp_path: Path, reopen: Callable[..., Outbox], limit: int
) -> None:
    path = tmp_path / "outbox.sqlite"
    said = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path), str(limit)], capture_output=True, text=True, check=True, timeout=60
    ).stdout.splitlines()
    assert said[-1].startswith("refused:"), said[-1]
    outbox = reopen()
    assert pending(outbox) == [int(word) for line in said[:-1] for word in line.split()]
    assert outbox.append([READING], "b")


def test_an_outbox_is_one_units(tmp_path: Path, tools: Any) -> None:
    """A box that came back from one home and was enrolled for another must not send the first one's readings."""
    path = tmp_path / "outbox"
    with closing(Outbox(path, now_us=1, max_bytes=1 << 20)) as outbox:
        outbox.append([tools.reading()], "b")  # by an agent that did not note whose it is
    with closing(Outbox(path, now_us=1, max_bytes=1 << 20, unit="home-a")) as outbox:
        assert outbox.rows == 1
    with pytest.raises(OutboxError, match="holds readings of unit home-a, and this box is home-b now") as caught:
        Outbox(path, now_us=1, max_bytes=1 << 20, unit="home-b")
    assert not caught.value.recoverable
    with closing(Outbox(path, now_us=1, max_bytes=1 << 20, unit="home-a")) as outbox:
        assert outbox.rows == 1
