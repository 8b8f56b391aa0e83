"""Rows to messages: one epoch, one boot, within the limits, readable."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from edge_agent.packing import Packed, Row, Unsendable, pack
from telemetry import wire
from telemetry.messages import Event, Lane, Reading


@pytest.fixture
def row(tools: Any) -> Any:
    def make(seq: int, *, event: bool = False, **changes: Any) -> Row:
        record: Reading | Event = tools.event() if event else tools.reading()
        return replace(Row(seq, "00" * 8, "boot", msgspec.structs.replace(record, seq=seq)), **changes)

    return make


def packed(rows: list[Row], *, newest_first: bool = False) -> Packed:
    result = pack("u1", rows, Lane.LIVE, newest_first=newest_first, sent_us=7)
    assert isinstance(result, Packed)
    return result


def test_a_message_says_what_the_rows_said(row: Any) -> None:
    result = packed([row(3), row(4, event=True), row(6)])
    batch = wire.decode_batch(result.payload)
    assert wire.sequence_numbers(batch) == [3, 6, 4]
    assert (batch.unit, batch.epoch, batch.boot, batch.sent_us) == ("u1", "00" * 8, "boot", 7)
    assert result.seqs == (3, 4, 6)


def test_the_backlog_is_compressed_and_a_live_row_is_not(row: Any) -> None:
    rows = [row(n) for n in range(60)]
    backlog = pack("u1", rows, Lane.BACKFILL, newest_first=False, sent_us=7)
    assert isinstance(backlog, Packed)
    assert len(backlog.payload) < len(packed(rows).payload) / 3
    assert wire.decode_batch(backlog.payload).times == wire.decode_batch(packed(rows).payload).times


def test_rows_of_another_boot_or_epoch_go_into_another_message(row: Any) -> None:
    rows = [row(1, epoch="11" * 8), row(2), row(3), row(4, boot="later")]
    assert packed(rows).seqs == (1,)
    assert packed(rows[1:]).seqs == (2, 3)
    assert packed(rows, newest_first=True).seqs == (4,)
    assert packed(rows[:3], newest_first=True).seqs == (2, 3)


def test_at_most_so_many_readings_and_events(row: Any) -> None:
    assert packed([row(n) for n in range(300)]).seqs == tuple(range(240))
    assert packed([row(n, event=True) for n in range(300)], newest_first=True).seqs == tuple(range(236, 300))


def test_what_is_too_large_together_is_halved(row: Any, tools: Any) -> None:
    wordy = [
        replace(
            row(n),
            record=msgspec.structs.replace(tools.reading(extras={f"{n}-{k}": "x" * 200 for k in range(60)}), seq=n),
        )
        for n in range(8)
    ]
    first = packed(wordy)
    assert first.seqs == (0, 1)
    assert len(first.payload) <= wire.MAX_BYTES
    assert packed(wordy, newest_first=True).seqs == (6, 7)


@pytest.mark.parametrize(
    "bad",
    [
        {"extras": {str(k): "x" * 200 for k in range(300)}},
        {"extras": {"line\nbreak": "x"}},
        {"values": {60: 1.0}},
        {"values": {1: 1e300}},
        {"phase": 300},
    ],
    ids=["too large", "not printable", "no such signal", "no float32", "no such phase"],
)
def test_a_row_no_message_can_carry_is_named_and_its_neighbours_go(row: Any, bad: dict[str, Any]) -> None:
    good = row(1)
    culprit = replace(row(2), record=msgspec.structs.replace(row(2).record, **bad))
    assert packed([good, culprit]).seqs == (1,)
    result = pack("u1", [culprit], Lane.LIVE, newest_first=False, sent_us=7)
    assert isinstance(result, Unsendable) and result.seq == 2 and result.reason
