"""What an intake says of phases, per unit. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ingest import admission
from ingest.columns import Bools, Ints
from ingest.intake import FUTURE_US, Intake
from ingest.phase_runs import Points, breaks, event_mark, runs_at
from store.phase_runs import Run
from telemetry.messages import Flag
from telemetry.signals import BY_NAME

_CLOCK: Final = BY_NAME["treatment_elapsed"].number


class Seen(NamedTuple):
    """The sightings of one unit in one intake, and the runs they are by themselves.

    Attributes:
        every: those of all units; from `low` to before `high` they are this one's.
    """

    every: Points
    low: int
    high: int
    runs: list[Run]

    @property
    def points(self) -> Points:
        """The sightings. Most units need only the runs."""
        return self.every.piece(self.low, self.high)


def seen(intake: Intake, arrived: Ints) -> dict[int, Seen]:
    """By unit id; times that cannot be, are only a guess, or lie ahead of the server, say nothing.

    `arrived`: of each row.
    """
    unit_id, points = _all(intake, arrived)
    if not len(unit_id):
        return {}
    order = np.lexsort((points.mark, points.time_us, unit_id))
    unit_id, points = unit_id[order], Points(points.time_us[order], points.mark[order], points.clock[order])
    new_unit = np.diff(unit_id) != 0
    starts = np.flatnonzero(np.concatenate([[True], breaks(points) | new_unit]))
    runs = runs_at(points, starts)
    edges = [0, *(np.flatnonzero(new_unit) + 1).tolist(), len(unit_id)]
    places = np.searchsorted(starts, edges).tolist()
    return {
        unit: Seen(points, low, high, runs[first:last])
        for unit, low, high, first, last in zip(
            unit_id[edges[:-1]].tolist(), edges, edges[1:], places, places[1:], strict=False
        )
    }


def _all(intake: Intake, arrived: Ints) -> tuple[Ints, Points]:
    rows, parts = intake.rows, intake.parts
    ids = np.array([part.unit.known.unit_id for part in parts], np.int64)
    derived = (rows.flags & np.uint8(Flag.PHASE_DERIVED)) != 0
    of_rows = Points(rows.time_us, rows.phase.astype(np.int64) * 2 + derived, rows.values[:, _CLOCK].astype(np.float64))
    fit = _fit(rows.time_us, arrived) & ((rows.flags & np.uint8(Flag.TIME_UNCERTAIN)) == 0)
    if not intake.events:
        return ids[rows.part][fit], of_rows.select(fit)
    said = [
        (parts[at].unit.known.unit_id, event.time_us, mark, parts[at].message.received_us)
        for at, event in intake.events
        if event.active
        and not event.flags & Flag.TIME_UNCERTAIN
        and (mark := event_mark(event.kind, event.name, event.text, event.flags)) is not None
    ]
    unit, time_us, marks, received = np.array(said, np.int64).reshape(-1, 4).T
    also = _fit(time_us, received)
    of_events = Points(time_us, marks, np.full(len(said), np.nan)).select(also)
    return np.concatenate([ids[rows.part][fit], unit[also]]), of_rows.select(fit).and_of(of_events)


def _fit(time_us: Ints, received_us: Ints) -> Bools:
    fit: npt.NDArray[np.bool_] = ~admission.impossible(time_us, received_us) & (time_us <= received_us + FUTURE_US)
    return fit
