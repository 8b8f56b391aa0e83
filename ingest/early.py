"""Rows and events that the rules saw before they could be stored: remembered, and known when they come again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ingest.columns import Bools, Rows
from ingest.ranges import runs
from ingest.reception import Part
from telemetry.messages import Event, Flag


def remember(parts: Sequence[Part], rows: Rows, seen: Bools, events: Iterable[tuple[int, Event]]) -> None:
    """The rules have `seen` these rows, and these events (by index of their part)."""
    part, seqs = rows.part[seen], rows.seq[seen]
    starts = np.flatnonzero(np.diff(part, prepend=-1))
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(part)], strict=False):
        one = parts[int(part[start])]
        judged = one.unit.judged_of(one.batch.epoch)
        for first, last in runs(seqs[start:end].tolist()):
            judged.add(first, last)
    for index, event in events:
        judged = parts[index].unit.judged_of(parts[index].batch.epoch)
        judged.add(event.seq, event.seq, late=bool(event.flags & Flag.LATE))


def known_rows(parts: Sequence[Part], rows: Rows) -> Bools:
    """Which of these rows the rules have seen already."""
    known = np.zeros(len(rows), np.bool_)
    for index in [index for index, part in enumerate(parts) if part.unit.judged]:  # after an outage, else none
        judged = parts[index].unit.judged.get(parts[index].batch.epoch)
        if judged is not None:
            start, end = np.searchsorted(rows.part, (index, index + 1)).tolist()
            known[start:end] = [seq in judged.seqs for seq in rows.seq[start:end].tolist()]
    return known


def was_late(part: Part, event: Event) -> bool | None:
    """Whether the event was late when the rules saw it; None when they have not."""
    judged = part.unit.judged.get(part.batch.epoch)
    if judged is None or event.seq not in judged.seqs:
        return None
    return event.seq in judged.late
