"""Stretches of one phase: the short form of what the stored rows say about what a machine was doing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from store.pool import Connection
from store.queries import run
from store.values import storable_us


class Run(NamedTuple):
    """First and last sighting of one mark with nothing else between.

    Attributes:
        mark: phase × 2, plus 1 if derived; −1: the machine was lost.
        clock_low, clock_high: extremes of the machine's treatment clock, minutes; None = not said.
    """

    first_us: int
    last_us: int
    mark: int
    clock_low: float | None = None
    clock_high: float | None = None


class Span(NamedTuple):
    """Times of one unit, both inclusive."""

    unit_id: int
    start_us: int
    end_us: int


class Sighting(NamedTuple):
    """One stored row or event that says a phase or a loss; a row has no `kind`."""

    time_us: int
    phase: int
    flags: int
    clock: float | None
    kind: str
    name: str
    text: str


def load(conn: Connection, spans: Sequence[Span]) -> dict[int, list[Run]]:
    """By unit id, in order of time: the runs that touch a unit's span, and the one before them."""
    found: dict[int, list[Run]] = {span.unit_id: [] for span in spans}
    for unit_id, *fields in run(conn, "load_phase_runs", _columns(spans)):
        found[unit_id].append(Run(*fields))
    return found


def newest(conn: Connection, unit_ids: Sequence[int]) -> dict[int, Run]:
    """The newest run of each unit, brought up to the stored rows."""
    rows = run(conn, "newest_phase_runs", {"units": list(unit_ids)})
    return {unit_id: Run(*fields) for unit_id, *fields in rows}


def sightings(conn: Connection, span: Span) -> list[Sighting]:
    """Every row and event of the span that says something about the phase, less those with a time that cannot be."""
    return [Sighting(*row) for row in run(conn, "phase_sightings", dict(span._asdict()))]


def save(conn: Connection, runs: Mapping[int, Iterable[Run]], gone: Mapping[int, Iterable[Run]]) -> None:
    """Store runs by unit id; those `gone` go first. One of the same beginning and mark is replaced."""
    lost = [(unit, one) for unit, some in gone.items() for one in some]
    if lost:
        keys = {
            "units": [unit for unit, _ in lost],
            "firsts": [one.first_us for _, one in lost],
            "marks": [one.mark for _, one in lost],
        }
        run(conn, "delete_phase_runs", keys)
    kept = [(unit, one) for unit, some in runs.items() for one in some]
    if kept:
        columns = {
            "units": [unit for unit, _ in kept],
            "firsts": [one.first_us for _, one in kept],
            "lasts": [one.last_us for _, one in kept],
            "marks": [one.mark for _, one in kept],
            "lows": [one.clock_low for _, one in kept],
            "highs": [one.clock_high for _, one in kept],
        }
        run(conn, "save_phase_runs", columns)


def _columns(spans: Sequence[Span]) -> dict[str, list[int]]:
    return {
        "units": [span.unit_id for span in spans],
        "starts": [storable_us(span.start_us) for span in spans],
        "ends": [storable_us(span.end_us) for span in spans],
    }
