"""Where readings are missing, and why: a gap is never shown without its reason, be it "unknown". Pure.

Gaps are found between the rows themselves, to their own time; one that is shorter than a bucket and lies within it is
thinner than a line on the screen. What is known of a gap (`clinician_api.treatments.gap_causes`) is laid over it, the
most certain first, and it is cut where the reason changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from store.history import Buckets
from telemetry import signals

# No machine is slower than its dialogue with us allows; five minutes are a gap for any.
SHORTEST_US: Final = 10_000_000
LONGEST_US: Final = 300_000_000
PACES: Final = 2.5  # so many times the usual distance of two rows


class Reason(StrEnum):
    """Why there are no readings."""

    ANOTHER_PATIENT = "another patient"  # whom the session does not see: the unit served somebody else
    THINNED = "thinned"  # the box had no room for them
    REJECTED = "rejected"  # sent and not believed, or refused by ingest
    MACHINE_OFF = "machine off"  # it does not answer
    LINK_DOWN = "link down"  # between box and machine: unplugged, or garbled
    NOT_RECEIVED = "not yet received"  # the box has them
    LOST = "lost on the box"  # its disk did not take them
    BOX_OFFLINE = "box offline"  # switched off, or not heard by anybody
    UNKNOWN = "unknown"


_CERTAINTY: Final = {reason: place for place, reason in enumerate(Reason)}


@dataclass(frozen=True, slots=True)
class Gap:
    """No readings from start to end, microseconds since 1970.

    Attributes:
        signal: the only one concerned; empty: all of them.
        detail: what the box said of it.
        before_seq, after_seq: numbers of the rows on either side, None where the span asked for begins or ends.
    """

    start_us: int
    end_us: int
    reason: Reason = Reason.UNKNOWN
    signal: str = ""
    detail: str = ""
    before_seq: int | None = None
    after_seq: int | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that can be the reason of a gap, from start to end.

    Attributes:
        known_at_us: it concerns only the gap that lies around this time or ends just before; None: all it covers.
        seq: it concerns only the gap in which this number is missing.
    """

    start_us: int
    end_us: int
    reason: Reason
    detail: str = ""
    known_at_us: int | None = None
    seq: int | None = None


def patience_us(found: Buckets) -> int:
    """What counts as a gap: `PACES` times the usual distance of two rows, within SHORTEST_US and LONGEST_US."""
    many = found.readings > 1
    inner = (found.last_us - found.first_us)[many] / (found.readings[many] - 1)
    between = found.first_us[1:] - found.last_us[:-1]
    distances = np.concatenate([inner, between])
    if not len(distances):
        return SHORTEST_US
    weights = np.concatenate([found.readings[many] - 1, np.ones(len(between))])
    order = np.argsort(distances)
    middle = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
    return int(np.clip(PACES * distances[order][middle], SHORTEST_US, LONGEST_US))


def find(found: Buckets, start_us: int, end_us: int) -> list[Gap]:
    """The stretches of start … end without any reading, in order."""
    if not len(found):
        return [Gap(start_us, end_us)] if end_us > start_us else []
    least = patience_us(found)
    edges: list[tuple[int, int, int | None, int | None]] = [
        (start_us, int(found.first_us[0]), None, int(found.first_seq[0]))
    ]
    wide = np.flatnonzero(found.first_us[1:] - found.last_us[:-1] > least)
    edges += [
        (int(found.last_us[n]), int(found.first_us[n + 1]), int(found.last_seq[n]), int(found.first_seq[n + 1]))
        for n in wide
    ]
    edges.append((int(found.last_us[-1]), end_us, int(found.last_seq[-1]), None))
    return [
        Gap(low, high, before_seq=before, after_seq=after) for low, high, before, after in edges if high - low > least
    ]


def explain(found: Iterable[Gap], causes: Sequence[Cause], patience: int) -> list[Gap]:
    """The same gaps with their reasons, cut where the reason changes. `patience`: within it, a cause may come late."""
    return [piece for gap in found for piece in _explained(gap, causes, patience)]


def rejected(found: Buckets, names: Iterable[str], end_us: int) -> list[Gap]:
    """Stretches in which a signal was sent and not one of its values was believed, while there were readings."""
    gaps = []
    for name in names:
        number = signals.BY_NAME[name].number
        sent = (found.invalid >> number & 1).astype(np.bool_)
        for first, last in runs(sent & np.isnan(found.series[name].maximum)):
            until = min(int(found.start_us[last]) + found.width_us, end_us)
            gaps.append(Gap(int(found.start_us[first]), until, Reason.REJECTED, name))
    return gaps


def runs(marked: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last place of every unbroken run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], marked, [False])).astype(np.int8)))
    return [(int(low), int(high) - 1) for low, high in edges.reshape(-1, 2)]


def _explained(gap: Gap, causes: Sequence[Cause], patience: int) -> list[Gap]:
    over = [cause for cause in causes if _concerns(cause, gap, patience)]
    over.sort(key=lambda cause: _CERTAINTY[cause.reason])
    inside = {at for c in over for at in (c.start_us, c.end_us) if gap.start_us < at < gap.end_us}
    cuts = [gap.start_us, *sorted(inside), gap.end_us]
    pieces: list[Gap] = []
    for low, high in pairwise(cuts):
        best = next((c for c in over if c.start_us <= low and high <= c.end_us), None)
        piece = replace(gap, start_us=low, end_us=high)
        if best is not None:
            piece = replace(piece, reason=best.reason, detail=best.detail)
        _append(pieces, piece)
    return _without_slivers(pieces, 2 * patience)


def _concerns(cause: Cause, gap: Gap, patience: int) -> bool:
    if cause.known_at_us is not None and not gap.start_us <= cause.known_at_us <= gap.end_us + 2 * patience:
        return False
    if cause.seq is not None:
        if gap.before_seq is None or gap.after_seq is None:
            return False
        return gap.before_seq < cause.seq < gap.after_seq
    return cause.start_us < gap.end_us and cause.end_us > gap.start_us


def _append(pieces: list[Gap], piece: Gap) -> None:
    before = pieces[-1] if pieces else None
    if before is not None and (before.reason, before.detail) == (piece.reason, piece.detail):
        pieces[-1] = replace(before, end_us=piece.end_us)
    else:
        pieces.append(piece)


def _without_slivers(pieces: Sequence[Gap], least: int) -> list[Gap]:
    """A short piece of no known reason belongs to its neighbour: the box notices everything a little later."""
    kept: list[Gap] = []
    start_us: int | None = None
    for place, piece in enumerate(pieces):
        sliver = piece.reason is Reason.UNKNOWN and piece.end_us - piece.start_us <= least and len(pieces) > 1
        if sliver and kept:
            kept[-1] = replace(kept[-1], end_us=piece.end_us)
        elif sliver and place == 0:
            start_us = piece.start_us
        else:
            _append(kept, piece if start_us is None else replace(piece, start_us=start_us))
            start_us = None
    return kept
