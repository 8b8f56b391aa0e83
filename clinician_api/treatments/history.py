"""What a screen gets to draw of the past: buckets laid out in full, gaps with their reasons, marks. Pure.

Values go from the database's bytes to the answer's in arrays; no Python object is made for one before JSON needs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from clinician_api.live.views import moment
from clinician_api.treatments import gap_causes, gaps
from clinician_api.treatments.gaps import Gap, Reason
from store.history import Buckets
from telemetry.messages import Event, Status

_MICROSECONDS: Final = 1e6
_DIGITS: Final = (7, 8)  # decimal digits that mean one float32 nearly always, and always but for a few; nine always do


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, in microseconds since 1970. `every`: all signals were asked for, so those without any are left out.

    `now_us`: after it nothing can be missing.
    """

    unit: str
    start_us: int
    end_us: int
    now_us: int
    every: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """What the box said: its events of kinds link and agent in order of time, and its last status with its times.

    `hidden`: the stretches of which nothing is shown, since the unit served somebody else.
    """

    events: Sequence[Event]
    status: Status | None = None
    since_us: int = 0
    received_us: int = 0
    hidden: Sequence[tuple[int, int]] = ()


def answer(asked: Asked, found: Buckets, heard: Heard) -> bytes:
    """The JSON of a `History`."""
    layout = Layout(asked, found)
    names = [name for name in found.series if not asked.every or _is_there(found, name)]
    head: dict[str, Any] = {
        "unit": asked.unit,
        "start": moment(asked.start_us),
        "end": moment(asked.end_us),
        "bucket_s": found.width_us / _MICROSECONDS,
        "times": ((asked.start_us + np.arange(layout.count) * found.width_us) / _MICROSECONDS).tolist(),
        "readings": layout.spread(found.readings, 0).tolist(),
        "gaps": [_gap_view(gap) for gap in _gaps(asked, found, heard, names)],
        "marks": _marks(asked, found, heard),
    }
    # One signal after the other: another thread may run between them.
    head["series"] = {name: msgspec.Raw(layout.series(name)) for name in names}
    return msgspec.json.encode(head)


class Layout:
    """Where the buckets that have rows lie among all of the span."""

    def __init__(self, asked: Asked, found: Buckets) -> None:
        self._found = found
        self.count = -(-(asked.end_us - asked.start_us) // found.width_us)
        self._places = ((found.start_us - asked.start_us) // found.width_us).astype(np.intp)

    def spread(self, values: NDArray[Any], empty: float) -> NDArray[Any]:
        """One entry for every bucket."""
        row = np.full(self.count, empty, values.dtype.newbyteorder("="))
        row[self._places] = values
        return row

    def series(self, name: str) -> bytes:
        """The JSON of a `Series`; msgspec writes what is not finite as null."""
        one = self._found.series[name]
        columns = {"min": one.minimum, "max": one.maximum, "mean": one.mean}
        return msgspec.json.encode(
            {key: self.spread(shortest(values), np.nan).tolist() for key, values in columns.items()}
        )


def shortest(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Each float32 as the float64 whose decimal is short and still means it: 0.1, not 0.10000000149011612.

    Values below 10⁻¹⁵ or above 10²² may get more digits than they need.
    """
    exact = values.astype(np.float64)
    decimal = exact.copy()
    wrong = np.isfinite(exact) & (exact != 0)
    for digits in _DIGITS:
        decimal[wrong] = _rounded(exact[wrong], digits)
        wrong &= decimal.astype(np.float32) != values
    decimal[wrong] = exact[wrong]
    return decimal


def _rounded(values: NDArray[np.float64], digits: int) -> NDArray[np.float64]:
    places = digits - 1 - np.floor(np.log10(np.abs(values)))
    # Powers of ten up to 22 are exact; multiplying or dividing by one of them is rounded once.
    scale = 10.0 ** np.minimum(np.abs(places), 22)
    up = places >= 0
    whole = np.rint(np.where(up, values * scale, values / scale))
    rounded: NDArray[np.float64] = np.where(up, whole / scale, whole * scale)
    return rounded


def _is_there(found: Buckets, name: str) -> bool:
    return bool(np.isfinite(found.series[name].maximum).any()) or bool(gaps.rejected(found, [name], 0))


def _gaps(asked: Asked, found: Buckets, heard: Heard, names: Iterable[str]) -> list[Gap]:
    end_us = max(min(asked.end_us, asked.now_us), asked.start_us)
    causes = gap_causes.causes(heard.events, heard.status, heard.since_us, heard.received_us)
    causes += [gaps.Cause(start, end, Reason.ANOTHER_PATIENT) for start, end in heard.hidden]
    whole = gaps.explain(gaps.find(found, asked.start_us, end_us), causes, gaps.patience_us(found))
    return [*whole, *gaps.rejected(found, names, asked.end_us)]


def _gap_view(gap: Gap) -> dict[str, Any]:
    return {
        "start": gap.start_us / _MICROSECONDS,
        "end": gap.end_us / _MICROSECONDS,
        "reason": gap.reason.value,
        "signal": gap.signal or None,
        "detail": gap.detail,
    }


def _marks(asked: Asked, found: Buckets, heard: Heard) -> list[dict[str, Any]]:
    marks = [
        *_marked(asked, found, "backfilled", found.late),
        *_marked(asked, found, "time corrected", found.corrected),
    ]
    for cause, rows in gap_causes.thinned(heard.events):
        start_us, end_us = max(cause.start_us, asked.start_us), min(cause.end_us, asked.end_us)
        if start_us < end_us:
            marks.append(_mark(start_us, end_us, Reason.THINNED.value, rows, cause.detail))
    return sorted(marks, key=lambda mark: float(mark["start"]))


def _marked(asked: Asked, found: Buckets, kind: str, rows: NDArray[np.int64]) -> list[dict[str, Any]]:
    """Runs of marked buckets; a gap in the data is one in the mark."""
    marks: list[dict[str, Any]] = []
    for first, last in gaps.runs(rows > 0):
        distances = found.first_us[first + 1 : last + 1] - found.last_us[first:last]
        parts = np.flatnonzero(distances > gaps.patience_us(found))
        edges = [first, *(first + 1 + int(part) for part in parts), last + 1]
        for low, high in pairwise(edges):
            end_us = min(int(found.start_us[high - 1]) + found.width_us, asked.end_us)
            marks.append(_mark(int(found.start_us[low]), end_us, kind, int(rows[low:high].sum()), ""))
    return marks


def _mark(start_us: int, end_us: int, kind: str, rows: int, detail: str) -> dict[str, Any]:
    seconds = start_us / _MICROSECONDS, end_us / _MICROSECONDS
    return {"start": seconds[0], "end": seconds[1], "kind": kind, "rows": rows, "detail": detail}
