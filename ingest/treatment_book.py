"""Keeps the treatments of the units we own, in the transaction of the rows that change them.

In memory is only the newest run of every unit. Nearly every cycle just makes it longer, which costs the database
nothing; it is saved along with the rules' memory, and brought up to the stored rows after a restart. Anything else (a
new phase, late rows, a gap) is looked at anew from the runs and treatments stored around it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ingest.phase_runs import extended, merge, phase_of, points_of
from ingest.sightings import Seen
from ingest.treatments import LIMIT_US, Course, courses
from store import phase_runs, treatments
from store.phase_runs import Run, Span
from store.pool import Connection
from store.treatments import Stored, Treatment
from telemetry.treatment import Phase

log = logging.getLogger(__name__)

# A summary waits until no more late rows have come for so long: a backlog arrives in many pieces.
SUMMARY_AFTER_US: Final = 60_000_000


@dataclass(slots=True)
class Turns:
    """What one cycle changes beyond making runs longer: sightings by unit id; none for one whose time is up."""

    seen: dict[int, Seen | None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.seen)


@dataclass(slots=True)
class _Plan:
    """What one transaction writes."""

    runs: dict[int, list[Run]] = field(default_factory=dict)
    gone: dict[int, list[Run]] = field(default_factory=dict)
    added: list[tuple[int, Treatment]] = field(default_factory=list)
    changed: list[Stored] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)


class TreatmentBook:
    """The newest run of each unit, and which treatments go on."""

    def __init__(self) -> None:
        self._newest: dict[int, Run] = {}
        self._due: dict[int, int] = {}  # by unit with a treatment that goes on

    def load(self, conn: Connection, unit_ids: Sequence[int], shards: Iterable[int]) -> None:
        """Start from what is stored. A treatment that goes on is looked at with the next tick."""
        self._newest |= phase_runs.newest(conn, unit_ids)
        open_units = treatments.open_units(conn, shards)
        self._newest |= phase_runs.newest(conn, [unit for unit in open_units if unit not in self._newest])
        self._due |= dict.fromkeys(open_units, 0)

    def note(self, seen: Mapping[int, Seen]) -> Turns:
        """Take sightings in; what cannot be done in memory alone is returned for `settle`."""
        turns = Turns()
        for unit_id, one in seen.items():
            newest = self._newest.get(unit_id)
            longer = None
            if newest is not None and len(one.runs) == 1 and one.runs[0].first_us > newest.last_us:
                longer = extended(newest, one.runs[0])
            if longer is None:
                turns.seen[unit_id] = one
            else:
                self._newest[unit_id] = longer
        return turns

    def overdue(self, now_us: int, turns: Turns) -> None:
        """Add the units whose treatment counts as over if nothing more has come."""
        for unit_id, due_us in self._due.items():
            newest = self._newest[unit_id]
            if phase_of(newest) is Phase.TX:
                due_us = newest.last_us + LIMIT_US
            if now_us > due_us:
                turns.seen.setdefault(unit_id, None)

    def save(self, conn: Connection, unit_ids: Iterable[int]) -> None:
        """Bring the stored copy of the newest run of these units up to date."""
        phase_runs.save(conn, {unit: [self._newest[unit]] for unit in unit_ids if unit in self._newest}, {})

    def settle(self, conn: Connection, turns: Turns, now_us: int) -> None:
        """Write what `turns` come to. Within the transaction that has stored their rows."""
        if not turns:
            return
        cores = [self._core(unit_id, one) for unit_id, one in turns.seen.items()]
        near = treatments.overlapping(conn, cores)
        around = phase_runs.load(conn, [_around(core, near[core.unit_id]) for core in cores])
        plan = _Plan()
        for core in cores:
            one, stored = turns.seen[core.unit_id], around[core.unit_id]
            runs = self._merged(conn, core.unit_id, stored, one)
            _compare(plan, core.unit_id, stored, runs)
            before = near[core.unit_id]
            found = [course for course in courses(runs, now_us) if _concerns(course.treatment, core, before)]
            _match(plan, core.unit_id, before, found, [] if one is None else one.points.time_us.tolist())
            self._follow(core.unit_id, runs, before, found)
        self._write(conn, plan, now_us)

    def _core(self, unit_id: int, one: Seen | None) -> Span:
        if one is None:
            newest = self._newest[unit_id]
            return Span(unit_id, newest.first_us - LIMIT_US, newest.last_us)
        return Span(unit_id, one.runs[0].first_us - LIMIT_US, one.runs[-1].last_us + LIMIT_US)

    def _merged(self, conn: Connection, unit_id: int, stored: Sequence[Run], one: Seen | None) -> list[Run]:
        newest = self._newest.get(unit_id)
        known = [newest if newest and (r.first_us, r.mark) == (newest.first_us, newest.mark) else r for r in stored]
        if one is None:
            return known
        return merge(
            known, one.points, lambda start, end: points_of(phase_runs.sightings(conn, Span(unit_id, start, end)))
        )

    def _follow(self, unit_id: int, runs: Sequence[Run], stored: Sequence[Stored], found: Sequence[Course]) -> None:
        newest = self._newest.get(unit_id)
        if runs and (newest is None or runs[-1].last_us >= newest.last_us):
            self._newest[unit_id] = runs[-1]
        if any(one.treatment.end_us is None for one in stored):
            self._due.pop(unit_id, None)
        for course in found:
            if course.due_us is not None:
                self._due[unit_id] = course.due_us

    def _write(self, conn: Connection, plan: _Plan, now_us: int) -> None:
        due_us = now_us + SUMMARY_AFTER_US
        phase_runs.save(conn, plan.runs, plan.gone)
        treatments.remove(conn, plan.removed)
        treatments.change(conn, plan.changed, now_us, due_us)
        treatments.add(conn, plan.added, now_us, due_us)


def _around(core: Span, near: Sequence[Stored]) -> Span:
    """Where to look for runs: whatever belongs to a treatment near the change, and what its end is known by."""
    starts = [one.treatment.start_us for one in near]
    ends = [_FAR_US if one.treatment.end_us is None else one.treatment.end_us for one in near]
    return Span(core.unit_id, min([core.start_us, *starts]) - LIMIT_US, max([core.end_us, *ends]) + LIMIT_US)


_FAR_US: Final = 2**61


def _concerns(treatment: Treatment, core: Span, near: Sequence[Stored]) -> bool:
    """Whether a treatment may be other than before. What else is found lies at the edge and may be cut off there."""
    end_us = treatment.end_us
    if treatment.start_us <= core.end_us and (end_us is None or end_us >= core.start_us):
        return True
    return any(_overlap(old.treatment, treatment) for old in near)


def _compare(plan: _Plan, unit_id: int, before: Sequence[Run], after: Sequence[Run]) -> None:
    kept = set(before) & set(after)
    keys = {(run.first_us, run.mark) for run in after}
    plan.runs[unit_id] = [run for run in after if run not in kept]
    plan.gone[unit_id] = [run for run in before if (run.first_us, run.mark) not in keys]


def _match(
    plan: _Plan, unit_id: int, stored: Sequence[Stored], found: Sequence[Course], seen_us: Sequence[int]
) -> None:
    """A treatment that overlaps a stored one is that one, grown or shrunk; the earliest, when it grew over several."""
    left = list(stored)
    for course in found:
        new = course.treatment
        same = next((old for old in left if _overlap(old.treatment, new)), None)
        if same is None:
            plan.added.append((unit_id, new))
            _tell(unit_id, None, new)
            continue
        left.remove(same)
        _tell(unit_id, same.treatment, new)
        end_us = new.end_us
        if new != same.treatment or (end_us is not None and any(new.start_us <= at <= end_us for at in seen_us)):
            plan.changed.append(Stored(same.treatment_id, new))
    plan.removed += [old.treatment_id for old in left]


def _overlap(one: Treatment, other: Treatment) -> bool:
    return (other.end_us is None or one.start_us <= other.end_us) and (
        one.end_us is None or other.start_us <= one.end_us
    )


def _tell(unit_id: int, before: Treatment | None, after: Treatment) -> None:
    fields = {"unit_id": unit_id, "start_us": after.start_us}
    if before is None:
        log.info("treatment found", extra={"fields": fields})
    if after.end_us is not None and (before is None or before.end_us is None):
        log.info("treatment ended", extra={"fields": {**fields, "known": str(after.end_known)}})
    elif after.end_us is None and before is not None and before.end_us is not None:
        log.info("treatment goes on after all", extra={"fields": fields})
