"""What an outbox counts: rows, bytes, and what had to go, until it has been told. Pure values, replaced as a whole.

Whatever goes for want of room is told in events of kind `agent`, one for each reason, with the numbers and times of
what is missing (`Gap.text`), so that a hole in a history can be shown with its reason and is not taken for a loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import msgspec

from edge_agent.thinning import STEPS_S, UNTHINNED

ROW_OVERHEAD: Final = 90  # bytes of file a row takes beside its payload: measured 64 (3 signals) to 90 (24 signals)


class Why(StrEnum):
    """Why rows went, as the event about it is named."""

    THINNED = "readings thinned"  # room was short; extremes stayed
    DROPPED = "readings dropped"  # all that could be thinned was
    EXPIRED = "readings expired"  # older than the bound
    EVENTS = "events dropped"  # events alone had taken their share of the file


class Gap(msgspec.Struct, frozen=True, array_like=True):
    """Rows that went for one reason.

    Attributes:
        rows: how many.
        first, last: their lowest and highest number; between them others may have stayed.
        from_us, to_us: the first's and the last's own time, microseconds since 1970.
        step_s: the coarsest step they were thinned at, 0 where nothing stayed.
    """

    rows: int
    first: int
    last: int
    from_us: int
    to_us: int
    step_s: int = 0

    def joined(self, later: Gap | None) -> Gap:
        """Both as one."""
        if later is None:
            return self
        low, high = min(self, later, key=lambda gap: gap.first), max(self, later, key=lambda gap: gap.last)
        step = max(self.step_s, later.step_s)
        return Gap(self.rows + later.rows, low.first, high.last, low.from_us, high.to_us, step)

    def text(self) -> str:
        """What a person reads and a program can take apart (docs/operations/edge.md)."""
        how = f", extremes of each {self.step_s} s kept" if self.step_s else ""
        return f"{self.rows} rows of seq {self.first}–{self.last}, {_utc(self.from_us)} to {_utc(self.to_us)}{how}"


class Ledger(msgspec.Struct, frozen=True):
    """The state of the file beside its rows.

    Attributes:
        rows, bytes: unsettled entries and the space they take. event_bytes: the events' part of it.
        thinned: rows that went for want of room or for their age, ever. rejected: rows set aside, ever.
        reached: how far each step of thinning has come (`thinning.levels`).
        untold: what went and has not been told yet.
        no_reading_to, no_event_to: up to this number there is none; only a short cut, not kept in the file.
        aged_us: age was looked at when the newest row was of this time; not kept either.
    """

    rows: int = 0
    bytes: int = 0
    event_bytes: int = 0
    thinned: int = 0
    rejected: int = 0
    reached: tuple[int, ...] = UNTHINNED
    untold: dict[Why, Gap] = {}
    no_reading_to: int = 0
    no_event_to: int = 0
    aged_us: int = 0

    def added(self, rows: int, size: int, event_size: int) -> Ledger:
        """After rows came, negative for went."""
        return msgspec.structs.replace(
            self, rows=self.rows + rows, bytes=self.bytes + size, event_bytes=self.event_bytes + event_size
        )

    def lost(self, why: Why, gap: Gap, size: int) -> Ledger:
        """After rows of `size` bytes went for a reason that has to be told."""
        untold = {**self.untold, why: gap.joined(self.untold.get(why))}
        ledger = self.added(-gap.rows, -size, -size if why is Why.EVENTS else 0)
        return msgspec.structs.replace(ledger, thinned=self.thinned + gap.rows, untold=untold)

    def told(self) -> Ledger:
        """After all of `untold` was told."""
        return msgspec.structs.replace(self, untold={})

    def kept(self) -> dict[str, Any]:
        """What the file's meta table holds of it."""
        history = msgspec.msgpack.encode((self.reached, self.untold))
        return {"thinned": self.thinned, "rejected": self.rejected, "history": history}


def recalled(meta: Mapping[str, Any], rows: int, size: int, event_size: int) -> Ledger:
    """The ledger of a file just opened; what its meta table does not say, or says unreadably, begins anew."""
    thinned, rejected = (value if isinstance(value := meta.get(k), int) else 0 for k in ("thinned", "rejected"))
    try:
        reached, untold = msgspec.msgpack.decode(
            meta.get("history") or b"", type=tuple[tuple[int, ...], dict[Why, Gap]]
        )
    except (msgspec.MsgspecError, TypeError):
        reached, untold = UNTHINNED, {}
    if len(reached) != len(STEPS_S):
        reached = UNTHINNED
    return Ledger(rows, size, event_size, thinned, rejected, reached, untold)


def _utc(time_us: int) -> str:
    seconds = min(max(time_us // 1_000_000, 0), 253_402_300_799)  # a clock may have said anything: 1970 to 9999
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
