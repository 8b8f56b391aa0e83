"""The rules' memory after a restart: the last snapshot, then what was stored since, silently.

A snapshot is saved in the transaction of the rows it has seen, whenever a finding changed or an event came, and at
least once a minute. What lies between it and the end of the stored rows changed no finding, so taking the rules through
it again says nothing new, and leaves them exactly where they would be without the restart.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

import numpy as np

from alerts.engine import Engine
from alerts.records import Samples
from ingest.judging import events_only
from ingest.units import Unit
from store import engine_state, machine_events, reading_queries
from store.pool import Connection
from store.readings import ReadingColumns
from telemetry.errors import HomehdError
from telemetry.messages import Flag

log = logging.getLogger(__name__)

# Bounds memory: some minutes of this many units are taken through the rules at once.
UNITS_AT_ONCE: Final = 500


def restore(conn: Connection, engine: Engine, units: Sequence[Unit], now_us: int) -> None:
    """Bring the rules of these registered units to where the stored rows leave them.

    Silence counts from `now_us`: an outage of ours is not the patients'.
    """
    states = engine_state.load(conn, [unit.known.unit_id for unit in units])
    known = [unit for unit in units if unit.known.unit_id in states]
    forgotten: list[Unit] = []
    for unit in known:
        state = states[unit.known.unit_id]
        unit.newest_us, unit.saved_us, unit.origin = state.time_us, now_us, state.fingerprint
        try:
            engine.restore(unit.row, state.state)
        except HomehdError as error:
            log.error("rule state unreadable", extra={"fields": {"unit": unit.known.name, "error": error.line()}})
            forgotten.append(unit)
    _announce_standing_alarms(conn, engine, forgotten)
    for at in range(0, len(known), UNITS_AT_ONCE):
        _replay(conn, engine, known[at : at + UNITS_AT_ONCE])
    for unit in known:
        engine.touch(unit.row, now_us)


def _replay(conn: Connection, engine: Engine, units: Sequence[Unit]) -> None:
    pieces: list[tuple[Unit, ReadingColumns]] = []
    for unit in units:
        rows = reading_queries.since(conn, unit.known.unit_id, unit.newest_us)
        if len(rows):
            pieces.append((unit, rows))
    if not pieces:
        return
    seen = [(rows.flags & np.uint8(Flag.LATE)) == 0 for _, rows in pieces]
    for (unit, rows), keep in zip(pieces, seen, strict=True):
        unit.newest_us = int(np.max(rows.time_us[keep], initial=unit.newest_us))

    keep = np.concatenate(seen)
    _show(
        engine,
        Samples(
            row=np.concatenate([np.full(len(rows), unit.row, np.int32) for unit, rows in pieces])[keep],
            time_us=np.concatenate([rows.time_us for _, rows in pieces])[keep],
            phase=np.concatenate([rows.phase for _, rows in pieces])[keep],
            values=np.concatenate([rows.values for _, rows in pieces])[keep],
            invalid=np.concatenate([rows.invalid for _, rows in pieces])[keep],
            received_us=np.concatenate([np.asarray(rows.received_us) for _, rows in pieces])[keep],
        ),
    )


def _announce_standing_alarms(conn: Connection, engine: Engine, units: Sequence[Unit]) -> None:
    if not units:
        return
    rows = {unit.known.unit_id: unit.row for unit in units}
    standing = machine_events.standing_alarms(conn, sorted(rows))
    _show(engine, events_only([(rows[event.unit_id], event.event) for event in standing]))


def _show(engine: Engine, samples: Samples) -> None:
    if not (len(samples.row) or samples.events):
        return
    try:
        engine.evaluate(samples)
    except Exception:
        # A bug in a rule must not keep us from storing; it will be met again, and told, with the next readings.
        log.exception("rules failed on what is stored", extra={"fields": {"rows": len(samples.row)}})
