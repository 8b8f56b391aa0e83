from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.admission import AHEAD_US, EARLIEST_US, FINAL, KnownUnit, Reason, decode, impossible, judge, salvage, sift
from ingest.ranges import RangeSet
from telemetry import wire
from telemetry.compression import deflate
from telemetry.messages import Batch
from telemetry.topics import HomeTopic
from tests.ingest.building import EPOCH, START_US, batch, event, reading, seconds

TOPIC = HomeTopic(7, "u1", "up")
UNIT = KnownUnit(1, "u1", 7)

# Batches of one epoch: rows with or without gaps, now and then an event.
BATCHES = st.builds(
    lambda rows, extra: batch([reading(s) for s in sorted(rows - extra)], [event(s) for s in sorted(extra)]),
    st.frozensets(st.integers(0, 40), min_size=1, max_size=12),
    st.frozensets(st.integers(0, 40), max_size=3),
)


def admitted(batches: list[Batch]) -> tuple[set[int], int]:
    """The seqs admitted and how many duplicates were counted, feeding `batches` in order."""
    held, seqs, duplicates = RangeSet(), [], 0
    for one in batches:
        sifted = sift(one, held)
        numbers = wire.sequence_numbers(one)
        rows = range(one.count) if sifted.rows is None else sifted.rows
        seqs += [numbers[i] for i in rows] + [e.seq for e in sifted.events]
        duplicates += sifted.duplicates
        for first, last in sifted.fresh:
            held.add(first, last)
    assert len(seqs) == len(set(seqs)), "a seq was admitted twice"
    assert set(seqs) == {n for first, last in held.ranges() for n in range(first, last + 1)}
    return set(seqs), duplicates


@given(st.lists(BATCHES, min_size=1, max_size=12), st.randoms())
def test_admission_is_the_same_whatever_the_order_of_duplicates(batches: list[Batch], random: object) -> None:
    shuffled = [*batches, *batches]
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    once, _ = admitted(batches)
    again, duplicates = admitted(shuffled)

    assert once == again == {seq for one in batches for seq in wire.sequence_numbers(one)}
    assert duplicates == 2 * sum(one.count + len(one.events) for one in batches) - len(once)


def test_a_batch_of_new_rows_in_a_row_is_taken_whole() -> None:
    sifted = sift(seconds(5, 6, 7), RangeSet([(0, 4)]))

    assert (sifted.rows, sifted.fresh, sifted.duplicates) == (None, [(5, 7)], 0)


def test_rows_already_held_are_left_out_and_the_rest_is_taken() -> None:
    sifted = sift(batch([reading(3), reading(4), reading(6)], [event(2), event(5)]), RangeSet([(0, 3)]))

    assert sifted.rows == [1, 2]
    assert [e.seq for e in sifted.events] == [5]
    assert sifted.fresh == [(4, 6)]
    assert sifted.duplicates == 2


def test_a_row_and_an_event_under_one_number_count_once() -> None:
    sifted = sift(batch([reading(4)], [event(4)]), RangeSet())

    assert (sifted.rows, sifted.events, sifted.fresh, sifted.duplicates) == (None, [], [(4, 4)], 1)


@pytest.mark.parametrize(
    ("topic", "unit", "reason"),
    [
        (TOPIC, UNIT, Reason.ACCEPT),
        (TOPIC, None, Reason.UNKNOWN_UNIT),
        (TOPIC, KnownUnit(1, "u1", 7, revoked=True), Reason.REVOKED),
        (TOPIC, KnownUnit(1, "u1", 8), Reason.WRONG_SHARD),
        (HomeTopic(7, "u2", "up"), UNIT, Reason.MISMATCH),
    ],
)
def test_a_message_is_judged_by_topic_and_registry(topic: HomeTopic, unit: KnownUnit | None, reason: Reason) -> None:
    assert judge(topic, "u1", unit) is reason


def test_a_good_message_is_decoded() -> None:
    good = seconds(1)

    assert decode(wire.encode_batch(good)) == good
    assert decode(wire.encode_batch(good, compressed=True)) == good


def test_bytes_that_are_no_message_have_a_reason() -> None:
    data = wire.encode_batch(seconds(1))
    newer = msgspec.structs.replace(seconds(1), version=2)

    assert decode(data + bytes(wire.MAX_BYTES)) is Reason.TOO_LARGE
    assert decode(data[:-1]) is Reason.UNDECODABLE
    assert decode(wire.encode(newer)) is Reason.NEWER
    assert decode(msgspec.msgpack.encode([2, {"quite": "different"}])) is Reason.NEWER
    assert decode(wire.encode(msgspec.structs.replace(newer, version=0))) is Reason.WRONG_SCHEMA


def test_a_compressed_message_has_the_same_reasons_as_a_plain_one() -> None:
    minutes = seconds(*range(60))
    newer = msgspec.structs.replace(minutes, version=2)
    broken = msgspec.structs.replace(minutes, times=b"short")
    data = wire.encode_batch(minutes, compressed=True)

    assert decode(data[:-1]) is Reason.UNDECODABLE
    assert salvage(data[:-1], "u1") is None
    assert decode(deflate(wire.encode(newer))) is Reason.NEWER
    assert decode(deflate(wire.encode(msgspec.structs.replace(newer, version=0)))) is Reason.WRONG_SCHEMA
    assert decode(deflate(wire.encode(broken))) is Reason.UNDECODABLE
    assert salvage(deflate(wire.encode(broken)), "u1") == (EPOCH, [(0, 59)])


def test_a_bomb_is_too_large_and_its_agent_is_not_told_to_give_anything_up() -> None:
    bomb = deflate(bytes(30_000_000))
    assert len(bomb) < wire.MAX_BYTES

    assert decode(bomb) is Reason.TOO_LARGE
    assert Reason.TOO_LARGE not in FINAL
    assert salvage(bomb, "u1") is None


@given(st.binary(max_size=300))
def test_any_bytes_give_a_batch_or_a_reason_and_never_an_error(data: bytes) -> None:
    assert isinstance(decode(data), Batch | Reason)
    assert salvage(data, "u1") is None or decode(data) is not None


@given(st.data())
def test_a_damaged_message_gives_a_batch_or_a_reason(data: st.DataObject) -> None:
    rows = batch([reading(1), *map(reading, range(3, 30))], [event(2)])
    good = bytearray(wire.encode_batch(rows, compressed=data.draw(st.booleans())))
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))

    assert isinstance(decode(bytes(good)), Batch | Reason)
    salvage(bytes(good), "u1")


def test_a_batch_that_fails_its_checks_still_says_which_rows_it_carries() -> None:
    broken = msgspec.structs.replace(batch([reading(1), reading(3)], [event(2)]), times=b"short")
    data = wire.encode(broken)

    assert decode(data) is Reason.UNDECODABLE
    assert salvage(data, "u1") == (EPOCH, [(1, 3)])
    assert salvage(data, "somebody-else") is None
    assert salvage(data[:20], "u1") is None
    assert salvage(wire.encode(msgspec.structs.replace(broken, count=10**9, offsets=b"")), "u1") is None
    assert salvage(wire.encode(msgspec.structs.replace(broken, epoch="not hex")), "u1") is None


def test_times_before_2015_or_more_than_two_days_ahead_are_impossible() -> None:
    times = np.array([0, EARLIEST_US - 1, EARLIEST_US, START_US, START_US + AHEAD_US, START_US + AHEAD_US + 1])

    assert impossible(times, START_US).tolist() == [True, True, False, False, False, True]


def test_only_what_nobody_can_put_right_makes_an_agent_set_its_rows_aside() -> None:
    assert set(FINAL) == {Reason.UNDECODABLE, Reason.REFUSED_BY_STORE}
