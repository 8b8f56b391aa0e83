"""What a simulated fleet has sent and what came back: pending rows, resends, losses, latencies. Pure."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Any

from simulators.tracks import Sample
from telemetry.messages import Ack


@dataclass(slots=True)
class Row:
    """One reading on its way. Times `*_s` are monotonic seconds."""

    unit: int
    seq: int
    time_us: int
    mono_ms: int
    sample: Sample
    first_sent_s: float
    last_sent_s: float


class Ledger:
    """Books of one run for `units` homes of one epoch."""

    def __init__(self, units: int, epoch: str) -> None:
        self._epoch = epoch
        self._pending: list[dict[int, Row]] = [{} for _ in range(units)]
        self._latencies_ms = array("f")
        self.sent = self.resent = self.acked = self.refused = 0

    @property
    def outstanding(self) -> int:
        """Rows neither acknowledged nor refused."""
        return self.sent - self.acked - self.refused

    def add(self, row: Row) -> None:
        """A row was sent for the first time."""
        self._pending[row.unit][row.seq] = row
        self.sent += 1

    def settle(self, unit: int, ack: Ack, now_s: float) -> None:
        """An acknowledgement came for a unit; one of another epoch, or for rows already settled, changes nothing."""
        if ack.epoch != self._epoch:
            return
        for first, last in ack.ranges:
            for row in self._take(unit, first, last):
                self._latencies_ms.append(1000.0 * (now_s - row.first_sent_s))
                self.acked += 1
        for refusal in ack.refused:
            self.refused += len(self._take(unit, refusal.first, refusal.last))

    def _take(self, unit: int, first: int, last: int) -> list[Row]:
        pending = self._pending[unit]
        seqs = [seq for seq in pending if first <= seq <= last]
        return [pending.pop(seq) for seq in seqs]

    def overdue(self, now_s: float, timeout_s: float) -> list[Row]:
        """Rows last sent more than `timeout_s` ago, now marked as sent again."""
        late = [row for rows in self._pending for row in rows.values() if now_s - row.last_sent_s > timeout_s]
        for row in late:
            row.last_sent_s = now_s
        self.resent += len(late)
        return late

    def result(self) -> dict[str, Any]:
        """Counts and latency percentiles in milliseconds (first sending to acknowledgement)."""
        ordered = sorted(self._latencies_ms)
        latency = {name: _percentile(ordered, share) for name, share in _SHARES.items()}
        return {
            "sent": self.sent,
            "resent": self.resent,
            "acked": self.acked,
            "refused": self.refused,
            "lost": self.outstanding,
            "latency_ms": latency,
        }


_SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}


def _percentile(ordered: list[float], share: float) -> float | None:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else None
