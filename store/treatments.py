"""Treatments: what the phases of a unit come to, kept in the transaction of the rows that say so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from store.phase_runs import Span
from store.pool import Connection
from store.queries import run
from store.values import storable_us
from telemetry.treatment import Cause, EndKnown


@dataclass(frozen=True, slots=True)
class Interruption:
    """A stretch within a treatment in which it was not seen to go on.

    Attributes:
        until_us: None while it lasts. phase: the name of the phase seen first, empty unless the cause is a phase.
    """

    since_us: int
    until_us: int | None
    cause: Cause
    phase: str = ""


@dataclass(frozen=True, slots=True)
class Treatment:
    """One treatment of a unit.

    Attributes:
        end_us, end_known: None while it goes on.
        derived: whether its beginning was inferred, not said by the machine.
        unusual: how many changes of phase around and in it were out of the ordinary.
    """

    start_us: int
    end_us: int | None = None
    end_known: EndKnown | None = None
    interruptions: tuple[Interruption, ...] = ()
    derived: bool = False
    unusual: int = 0


@dataclass(frozen=True, slots=True)
class Stored:
    """A treatment and its number."""

    treatment_id: int
    treatment: Treatment


def overlapping(conn: Connection, spans: Sequence[Span]) -> dict[int, list[Stored]]:
    """By unit id, in order of time: the treatments that touch a unit's span; one that goes on has no end."""
    found: dict[int, list[Stored]] = {span.unit_id: [] for span in spans}
    parameters = {
        "units": [span.unit_id for span in spans],
        "starts": [storable_us(span.start_us) for span in spans],
        "ends": [storable_us(span.end_us) for span in spans],
    }
    for unit_id, treatment_id, *fields in run(conn, "overlapping_treatments", parameters):
        found[unit_id].append(Stored(treatment_id, treatment_of(fields)))
    return found


def open_units(conn: Connection, shards: Iterable[int]) -> list[int]:
    """Units of these shards, revoked ones too, with a treatment that goes on as far as we know."""
    return [row[0] for row in run(conn, "open_treatments", {"shards": sorted(shards)})]


def add(conn: Connection, treatments: Sequence[tuple[int, Treatment]], now_us: int, due_us: int) -> None:
    """New treatments, by unit id, each bound to the patient its unit served when it began.

    `due_us`: from when on those that have ended want a summary.
    """
    if treatments:
        columns = _columns([one for _, one in treatments], now_us, due_us)
        run(conn, "add_treatments", {**columns, "units": [unit for unit, _ in treatments]})


def change(conn: Connection, treatments: Sequence[Stored], now_us: int, due_us: int) -> None:
    """Replace what is known of these, or note that rows under them have changed: the revision rises either way."""
    if treatments:
        columns = _columns([one.treatment for one in treatments], now_us, due_us)
        run(conn, "change_treatments", {**columns, "ids": [one.treatment_id for one in treatments]})


def remove(conn: Connection, treatment_ids: Sequence[int]) -> None:
    """Take away treatments that turned out to be parts of others, with their summaries."""
    if treatment_ids:
        run(conn, "remove_treatments", {"ids": list(treatment_ids)})


def treatment_of(fields: Sequence[Any]) -> Treatment:
    """A treatment from its columns: start, end, how the end is known, derived, unusual, interruptions."""
    start_us, end_us, known, derived, unusual, pauses = fields
    interruptions = tuple(Interruption(p["since"], p["until"], Cause(p["cause"]), p["phase"]) for p in pauses)
    return Treatment(start_us, end_us, None if known is None else EndKnown(known), interruptions, derived, unusual)


def _columns(treatments: Sequence[Treatment], now_us: int, due_us: int) -> dict[str, Any]:
    return {
        "starts": [one.start_us for one in treatments],
        "ends": [one.end_us for one in treatments],
        "known": [None if one.end_known is None else str(one.end_known) for one in treatments],
        "derived": [one.derived for one in treatments],
        "unusual": [min(one.unusual, 32767) for one in treatments],
        "interruptions": [Jsonb([_pause(pause) for pause in one.interruptions]) for one in treatments],
        "now": now_us,
        "due": due_us,
    }


def _pause(pause: Interruption) -> Mapping[str, Any]:
    return {"since": pause.since_us, "until": pause.until_us, "cause": str(pause.cause), "phase": pause.phase}
