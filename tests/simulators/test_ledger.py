from __future__ import annotations

from simulators.ledger import Ledger, Row
from simulators.tracks import Sample
from telemetry.messages import Ack, Refusal

EPOCH = "00112233aabbccdd"
SAMPLE = Sample(3, {})


def books(rows: int) -> Ledger:
    """One unit's rows 0 … rows − 1, one a second."""
    ledger = Ledger(2, EPOCH)
    for seq in range(rows):
        ledger.add(Row(0, seq, 0, 0, SAMPLE, float(seq), float(seq)))
    return ledger


def test_ranges_settle_rows_once() -> None:
    ledger = books(10)
    ledger.settle(0, Ack(EPOCH, [(0, 3), (6, 7)]), 20.0)
    ledger.settle(0, Ack(EPOCH, [(0, 3)]), 21.0)
    assert (ledger.acked, ledger.outstanding) == (6, 4)
    ledger.settle(0, Ack(EPOCH, [(0, 2**40)]), 22.0)
    assert (ledger.acked, ledger.outstanding) == (10, 0)


def test_other_units_and_epochs_do_not_count() -> None:
    ledger = books(3)
    ledger.settle(1, Ack(EPOCH, [(0, 9)]), 20.0)
    ledger.settle(0, Ack("ffffffffffffffff", [(0, 9)]), 20.0)
    assert ledger.acked == 0


def test_a_refused_row_is_neither_acknowledged_nor_lost() -> None:
    ledger = books(5)
    ledger.settle(0, Ack(EPOCH, [(0, 2)], [Refusal(3, 4, "unknown unit")]), 20.0)
    result = ledger.result()
    assert (result["acked"], result["refused"], result["lost"]) == (3, 2, 0)


def test_only_what_waited_too_long_is_sent_again_and_then_waits_anew() -> None:
    ledger = books(10)
    assert [row.seq for row in ledger.overdue(9.5, 5.0)] == [0, 1, 2, 3, 4]
    assert ledger.overdue(9.6, 5.0) == []
    assert ledger.resent == 5
    assert [row.seq for row in ledger.overdue(11.0, 5.0)] == [5]


def test_latency_is_from_the_first_sending() -> None:
    ledger = books(4)
    ledger.overdue(100.0, 1.0)
    ledger.settle(0, Ack(EPOCH, [(0, 3)]), 103.0)
    assert ledger.result()["latency_ms"] == {"p50": 102_000.0, "p95": 103_000.0, "p99": 103_000.0, "max": 103_000.0}
    assert Ledger(1, EPOCH).result()["latency_ms"]["p50"] is None
