"""The outbox's contract, run on the file and on a plain model of it; then both side by side in any order.

The contract is a transaction about a batch: rows are read and sent, and each ends settled, refused, or kept and read
again; whatever happens to the outbox while a batch is out. Modelled on the suite that Telegraf runs on its buffers.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge_agent.outbox import Outbox
from telemetry.messages import Event, EventKind, Reading
from tests.contracts.outbox_model import OutboxModel

READING = Reading(0, 1, 1, 1, 3, {2: -120.0})
EVENT = Event(0, 1, 1, 1, EventKind.ALARM, "MDC_EVT_ALARM", 196616, True)
LARGE, SMALL = 1 << 24, 65536
BATCH = 5

Box = Outbox | OutboxModel


class Kept:
    """One outbox under test, and how it is opened anew and torn."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.path = folder / "outbox.sqlite"
        self.box: Box

    def open(self, max_bytes: int = LARGE) -> Box:
        if self.kind == "model":
            self.box = OutboxModel(max_bytes)
        else:
            self.box = Outbox(self.path, now_us=1, max_bytes=max_bytes)
        self._max_bytes = max_bytes
        return self.box

    def reopen(self) -> Box:
        self.box.close()
        return self.box if isinstance(self.box, OutboxModel) else self.open(self._max_bytes)

    def tear(self) -> Box:
        """Spoil the first page, which all others hang on, and open what is left."""
        self.box.close()
        if isinstance(self.box, OutboxModel):
            self.box.tear()
            return self.box
        self.path.write_bytes(b"X" * 100 + self.path.read_bytes()[100:])
        return self.open(self._max_bytes)


@pytest.fixture(params=["file", "model"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    kept = Kept(request.param, tmp_path)
    kept.open()
    yield kept
    kept.box.close()


@pytest.fixture
def box(kept: Kept) -> Box:
    return kept.box


def here(box: Box) -> list[int]:
    return [seq for first, last, _ in box.pending() for seq in range(first, last + 1)]


def batch(box: Box, size: int = BATCH) -> list[int]:
    """The oldest rows, read as if to be sent."""
    return [row.seq for row in box.read(here(box)[:size])]


def overfill(box: Box) -> int:
    """Far more readings than a small outbox holds, an event among every ten; gives how many rows."""
    for _ in range(100):
        box.append([EVENT, *[READING] * 9], "b")
    return 1000


def test_empty_it_has_no_batch(box: Box) -> None:
    assert batch(box) == [] and box.pending() == [] and (box.rows, box.bytes) == (0, 0)
    assert box.append([], "b") == [] and box.rows == 0


@pytest.mark.parametrize(("rows", "expected"), [(1, [1]), (5, [1, 2, 3, 4, 5]), (8, [1, 2, 3, 4, 5])])
def test_a_batch_is_the_oldest_rows_in_order(box: Box, rows: int, expected: list[int]) -> None:
    box.append([READING] * rows, "b")
    assert batch(box) == expected and box.rows == rows, "reading takes nothing out"


def test_a_row_is_read_as_it_was_put(box: Box) -> None:
    seqs = box.append([READING, EVENT], "boot-7", b"memory")
    assert [(row.seq, row.epoch, row.boot, row.record.seq) for row in box.read(seqs)] == [
        (1, box.epoch, "boot-7", 1), (2, box.epoch, "boot-7", 2),
    ]  # fmt: skip
    assert box.pending() == [(1, 1, False), (2, 2, True)] and box.memory() == b"memory"


def test_accepted_rows_are_gone(box: Box) -> None:
    box.append([READING] * 8, "b")
    assert box.settle(box.epoch, [(1, 5)]) == [1, 2, 3, 4, 5]
    assert here(box) == [6, 7, 8] and box.rows == 3


def test_kept_rows_come_again_before_newer_ones(box: Box) -> None:
    box.append([READING] * 4, "b")
    out = batch(box)
    box.append([READING] * 4, "b")
    assert batch(box, 8) == [*out, 5, 6, 7, 8], "neither accepted nor refused: kept"


def test_of_one_batch_some_rows_are_accepted_some_refused_some_kept(box: Box) -> None:
    box.append([READING] * 5, "b")
    assert box.settle(box.epoch, [(1, 1), (4, 4)]) == [1, 4]
    assert box.reject(box.epoch, [(2, 2)], "no") == [2]
    assert batch(box) == [3, 5] and box.rejected == 1 and box.thinned == 0


def test_two_batches_out_are_settled_in_either_order(box: Box) -> None:
    box.append([READING] * 10, "b")
    assert box.settle(box.epoch, [(6, 10)]) == [6, 7, 8, 9, 10]
    assert box.settle(box.epoch, [(1, 5)]) == [1, 2, 3, 4, 5]
    assert box.rows == 0 and box.bytes == 0


def test_what_is_settled_twice_or_refused_after_it_was_settled_changes_nothing(box: Box) -> None:
    box.append([READING] * 5, "b")
    box.settle(box.epoch, [(1, 3)])
    assert box.settle(box.epoch, [(1, 3)]) == [] == box.reject(box.epoch, [(1, 3)], "no")
    assert here(box) == [4, 5] and box.rejected == 0


def test_what_arrived_while_it_was_set_aside_is_settled_there(box: Box) -> None:
    box.append([READING] * 3, "b")
    assert box.set_aside([(1, 2)], "unsendable") == [1, 2]
    assert box.settle(box.epoch, [(1, 1)]) == [], "it was no longer among the rows to send"
    assert box.requeue() == 1 and here(box) == [2, 3]


def test_numbers_go_on_when_everything_is_settled(kept: Kept) -> None:
    kept.box.append([READING] * 5, "b")
    kept.box.settle(kept.box.epoch, [(1, 5)])
    assert kept.reopen().append([READING], "b") == [6]


def test_a_batch_that_was_out_at_a_restart_is_there_again(kept: Kept) -> None:
    kept.box.append([READING, EVENT] * 3, "b", b"m")
    out, epoch = batch(kept.box), kept.box.epoch
    box = kept.reopen()
    assert batch(box) == out and (box.epoch, box.memory()) == (epoch, b"m")
    assert box.settle(epoch, [(1, 5)]) == out, "an acknowledgement may come after the restart"


@pytest.mark.parametrize("epoch", ["0" * 16, "", "nonsense", "ABCDEF0123456789"])
def test_an_epoch_that_is_not_ours_changes_nothing(box: Box, epoch: str) -> None:
    box.append([READING], "b")
    assert box.settle(epoch, [(1, 1)]) is None and box.reject(epoch, [(1, 1)], "no") is None
    assert here(box) == [1]


def test_more_than_it_holds_costs_old_readings_and_is_counted(kept: Kept) -> None:
    kept.box.close()
    kept.path.unlink(missing_ok=True)
    box = kept.open(SMALL)
    total = overfill(box)
    left = here(box)
    assert box.thinned == total - len(left) > 0 and box.rows == len(left)
    assert box.bytes <= SMALL
    assert set(range(1, total, 10)) <= set(left), "every event"
    assert left[-100:] == list(range(total - 99, total + 1)), "and the newest"
    thinned = box.thinned
    assert kept.reopen().thinned == thinned and here(kept.box) == left


@pytest.mark.parametrize("outcome", ["accepted", "refused", "kept"])
def test_a_batch_that_is_out_while_it_overflows_is_settled_as_far_as_it_is_there(kept: Kept, outcome: str) -> None:
    kept.box.close()
    kept.path.unlink(missing_ok=True)
    box = kept.open(SMALL)
    out = box.append([READING] * 240, "b")
    total = 240 + overfill(box)
    left = [row.seq for row in box.read(out)]
    assert len(left) < 240, "what is out is not spared: the bound is a bound"
    thinned, ranges = box.thinned, [(out[0], out[-1])]
    if outcome == "accepted":
        assert box.settle(box.epoch, ranges) == left
    elif outcome == "refused":
        assert box.reject(box.epoch, ranges, "no") == left and box.rejected == len(left)
    else:
        left = []
    assert box.thinned == thinned, "nothing is counted twice"
    assert len(here(box)) == box.rows == total - thinned - len(left)
    assert box.append([READING], "b") == [total + 1]


def test_events_alone_are_bounded_too(kept: Kept) -> None:
    kept.box.close()
    kept.path.unlink(missing_ok=True)
    box = kept.open(SMALL)
    for _ in range(2000):
        box.append([EVENT], "b")
    left = here(box)
    assert box.bytes <= SMALL and box.thinned == 2000 - len(left) > 0
    assert left == list(range(2001 - len(left), 2001))


def test_torn_it_begins_a_new_epoch_and_still_has_what_could_be_read(kept: Kept) -> None:
    box = kept.box
    for _ in range(10):
        box.append([READING] * 100, "b", b"m")
    old = box.epoch
    box = kept.tear()
    left = here(box)
    assert box.epoch != old and len(left) >= 900, "all but what stood on the spoilt page"
    (new,) = box.append([READING], "b")
    assert new == 1001, "above every number of the old file"
    assert {row.epoch for row in box.read(left[:5])} == {old} and box.read([new])[0].epoch == box.epoch
    assert box.settle(old, [(1, 2000)]) == left, "its acknowledgements still count"
    assert here(box) == [new]


class SideBySide(RuleBasedStateMachine):
    """The file does what the model does, in any order of anything."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.kept = Kept("file", Path(self.folder.name))
        self.kept.open()
        self.model = OutboxModel(LARGE)
        self.model.epoch = self.kept.box.epoch  # born at random
        self.model.epochs = {self.model.epoch}

    def both(self, action: Callable[[Box], object]) -> None:
        assert action(self.kept.box) == action(self.model)

    @rule(kinds=st.lists(st.booleans(), min_size=1, max_size=8), memory=st.none() | st.binary(min_size=1, max_size=3))
    def append(self, kinds: list[bool], memory: bytes | None) -> None:
        records = [EVENT if is_event else READING for is_event in kinds]
        self.both(lambda box: box.append(records, "b", memory))

    @rule(first=st.integers(0, 60), length=st.integers(0, 12), how=st.sampled_from(["settle", "reject", "set aside"]))
    def remove(self, first: int, length: int, how: str) -> None:
        ranges = [(first, first + length), (first + length + 3, first + length + 5)]
        epoch = self.model.epoch
        if how == "settle":
            self.both(lambda box: box.settle(epoch, ranges))
        elif how == "reject":
            self.both(lambda box: box.reject(epoch, ranges, "no"))
        else:
            self.both(lambda box: box.set_aside(ranges, "no"))

    @rule(seqs=st.lists(st.integers(0, 80), max_size=10, unique=True))
    def read(self, seqs: list[int]) -> None:
        self.both(lambda box: box.read(seqs))

    @rule()
    def requeue(self) -> None:
        self.both(lambda box: box.requeue())

    @rule()
    def reopen(self) -> None:
        self.kept.reopen()

    @rule()
    def reopen_in_place(self) -> None:
        assert isinstance(self.kept.box, Outbox)
        generation = self.kept.box.generation
        self.kept.box.reopen(2)
        assert self.kept.box.generation == generation + 1

    @invariant()
    def same(self) -> None:
        for box in (self.kept.box, self.model):
            assert (box.rows, box.thinned) == (len(here(box)), 0)
        self.both(lambda box: (box.pending(), box.rows, box.bytes, box.rejected, box.memory(), box.epoch))

    def teardown(self) -> None:
        self.kept.box.close()
        self.folder.cleanup()


SideBySide.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestSideBySide = SideBySide.TestCase
