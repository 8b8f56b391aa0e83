"""A ward for tests: an engine whose readings are written as words."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from alerts import ruleset
from alerts.engine import Engine, Finding, Samples, Transition
from alerts.ruleset import Ruleset
from telemetry import signals
from telemetry.alarms import FindingState, Priority
from telemetry.messages import Event, EventKind
from telemetry.treatment import Phase

SECOND = 1_000_000
RULES = ruleset.load()


def one(
    row: int,
    t: float,
    *,
    phase: Phase | int = Phase.TX,
    received: float | None = None,
    invalid: Iterable[str] = (),
    events: Sequence[tuple[int, Event]] = (),
    **values: float,
) -> Samples:
    """One sample of one unit; times in seconds."""
    raw = np.full((1, signals.COUNT), np.nan, np.float32)
    for name, value in values.items():
        raw[0, signals.BY_NAME[name].number] = value
    mask = sum(1 << signals.BY_NAME[name].number for name in invalid)
    return Samples(
        row=np.array([row], np.int32),
        time_us=np.array([round(t * SECOND)], np.int64),
        phase=np.array([phase], np.uint8),
        values=raw,
        invalid=np.array([mask], np.uint64),
        received_us=np.array([round((t if received is None else received) * SECOND)], np.int64),
        events=events,
    )


def together(parts: Sequence[Samples]) -> Samples:
    """Several samples as one call's."""
    return Samples(
        row=np.concatenate([p.row for p in parts]),
        time_us=np.concatenate([p.time_us for p in parts]),
        phase=np.concatenate([p.phase for p in parts]),
        values=np.concatenate([p.values for p in parts]),
        invalid=np.concatenate([p.invalid for p in parts]),
        received_us=np.concatenate([p.received_us for p in parts]),
        events=[pair for p in parts for pair in p.events],
    )


def alarm(t: float, name: str, *, active: bool = True, signal: str = "") -> Event:
    """A machine alarm that begins or ends."""
    return Event(0, round(t * SECOND), 0, 0, EventKind.ALARM, f"MDC_EVT_HDIALY_{name}", 0, active, signal)


def state_of(engine: Engine, row: int, rule: str) -> tuple[FindingState, Priority | None]:
    """Where a rule of a unit stands."""
    found = finding_of(engine, row, rule)
    return found.state, found.priority


def finding_of(engine: Engine, row: int, rule: str) -> Finding:
    """A rule's finding."""
    return next(f for f in engine.findings(row) if f.rule == rule)


def told(transitions: Iterable[Transition], rule: str) -> list[tuple[float, FindingState, Priority | None]]:
    """A rule's transitions as (seconds, state, priority)."""
    return [(t.time_us / SECOND, t.state, t.priority) for t in transitions if t.rule == rule]


def subset(folder: Path, *ids: str) -> Ruleset:
    """The shipped rules of these ids alone; what they inhibit beyond that is left out."""
    for path in ruleset.SHIPPED.glob("*.toml"):
        if path.name.split("_")[0].upper() in ids:
            shutil.copy(path, folder / path.name)
    for path in folder.glob("*.toml"):
        lines = path.read_text("utf-8").splitlines()
        path.write_text("\n".join(line for line in lines if not line.startswith("inhibits")) + "\n", "utf-8")
    return ruleset.load(folder)
