"""Ended treatments that the rules go through once more because rows of them came late: which, and what is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from store import alert_log
from store.alert_log import AlertEventRow
from store.ended_treatments import Ended, ended_of
from store.pool import Connection, transaction
from store.queries import run
from store.values import storable_us
from telemetry.messages import Flag


@dataclass(frozen=True, slots=True)
class Known:
    """From when to when an alert of a rule is recorded; `until_us` is None while it is active."""

    rule: str
    since_us: int
    until_us: int | None


def due(conn: Connection, shards: Iterable[int], now_us: int, limit: int) -> list[Ended]:
    """Treatments of units of these shards that are over and not passed as they are now, the longest overdue first."""
    rows = run(conn, "due_late_passes", {"shards": sorted(shards), "now": now_us, "limit": limit})
    return [ended_of(row) for row in rows]


def late_times(conn: Connection, wanted: Ended) -> list[int]:
    """Times of its rows that came late, ascending; those whose time nobody knows are left out."""
    uncertain_too = int(Flag.LATE | Flag.TIME_UNCERTAIN)
    parameters = {
        "unit": wanted.unit_id, "start": wanted.start_us, "end": wanted.end_us, "flags": uncertain_too,
        "late": int(Flag.LATE),
    }  # fmt: skip
    return [row[0] for row in run(conn, "late_times", parameters)]


def known(conn: Connection, wanted: Ended) -> list[Known]:
    """What alerts of its unit are recorded that may reach into it."""
    span = {"unit": wanted.unit_id, "start": storable_us(wanted.start_us), "end": storable_us(wanted.end_us)}
    return [Known(*row) for row in run(conn, "alert_spans", span)]


def save(conn: Connection, wanted: Ended, found: Sequence[AlertEventRow], now_us: int) -> None:
    """Add these events, whose alerts are numbered from 0 on among themselves; due no more unless it has changed."""
    with transaction(conn, "save a late pass"):
        numbers = sorted({row.alert_id for row in found})
        ids = dict(zip(numbers, alert_log.reserve_ids(conn, len(numbers)), strict=True)) if numbers else {}
        alert_log.append(conn, [replace(row, alert_id=ids[row.alert_id]) for row in found], now_us)
        run(conn, "late_pass_is_done", {"id": wanted.treatment_id, "revision": wanted.revision})


def put_off(conn: Connection, wanted: Ended, until_us: int) -> None:
    """Do not try this one again before then."""
    run(conn, "put_late_pass_off", {"id": wanted.treatment_id, "until": until_us})
