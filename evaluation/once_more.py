"""Stored treatments through the rules once more, several at once, by one way of judging them or by more side by side.

The same engine as live, fresh for each treatment, with the limits that held when it began. No clock ticks: who was
silent then is known, and readings that came later do not tell it; so rules on silence say nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from alerts.engine import Engine
from alerts.records import Context, Samples, Transition
from alerts.ruleset import Ruleset
from evaluation.contexts import context_then
from store import machine_events, reading_queries
from store.ended_treatments import Ended
from store.pool import Connection
from telemetry.messages import Event, Flag

# So many go through the rules together, so much of each at once: it bounds memory, and a round costs about the same.
AT_ONCE: Final = 50
PAGE_US: Final = 600_000_000
# An alarm that stands when a treatment begins may have begun before.
EVENTS_BEFORE_US: Final = 12 * 3_600_000_000


@dataclass(frozen=True, slots=True)
class Way:
    """By what treatments are judged.

    Attributes:
        own: "<rule> <priority>" -> limit in the rule's unit; goes before the patient's own and the rule's. None: the
            rule's own, whatever the patient had.
        prescribed: item -> value that goes before what was prescribed; None: not known.
    """

    ruleset: Ruleset
    own: Mapping[str, float | None] = field(default_factory=dict)
    prescribed: Mapping[str, float | None] = field(default_factory=dict)

    def seen(self, context: Context) -> Context:
        """What held, with what is to be tried instead."""
        limits = {**context.limits, **self.own}
        known = {name: value for name, value in limits.items() if value is not None}
        return replace(context, limits=known, **self.prescribed)  # type: ignore[arg-type]


def once_more(conn: Connection, passing: Sequence[Ended], ways: Sequence[Way]) -> Iterator[list[list[Transition]]]:
    """Page by page of ten minutes, what each way finds; a transition's row is its treatment's place in `passing`.

    At most `AT_ONCE` treatments, one at least. StoreError when the database is not well.
    """
    held = [_context(conn, one) for one in passing]
    sides = _sides(ways, passing, held)
    events: list[tuple[int, Event]] = []
    for row, one in enumerate(passing):
        before_us = one.start_us - EVENTS_BEFORE_US
        told = machine_events.events_between(conn, one.unit_id, before_us, one.end_us + 1)
        events += [(row, event) for event in told]
    longest_us = max(one.end_us - one.start_us for one in passing)
    for page_us in range(0, longest_us + 1, PAGE_US):
        samples, events = _page(conn, passing, page_us, events)
        found: list[list[Transition]] = [[] for _ in ways]
        for side in sides:
            for transition in side.engine.evaluate(_repeated(samples, len(side.ways), len(passing))):
                which, row = divmod(transition.row, len(passing))
                found[side.ways[which]].append(replace(transition, row=row))
        yield found


@dataclass(frozen=True, slots=True)
class _Side:
    """One engine for all ways of the same rules, whose places are `ways`: a round costs little more for more rows."""

    engine: Engine
    ways: list[int]


def _sides(ways: Sequence[Way], passing: Sequence[Ended], held: Sequence[Context]) -> list[_Side]:
    together: dict[int, list[int]] = {}
    for place, way in enumerate(ways):
        together.setdefault(id(way.ruleset), []).append(place)
    sides = [_Side(Engine(ways[places[0]].ruleset, len(places) * len(passing)), places) for places in together.values()]
    for side in sides:
        for place in side.ways:
            for one, context in zip(passing, held, strict=True):
                # Under a name of its own, at the seconds at which the rules looked at its unit live.
                row = side.engine.register(f"way {place} treatment {one.treatment_id}", like=one.unit)
                side.engine.set_context(row, ways[place].seen(context))
    return sides


def _repeated(samples: Samples, times: int, rows: int) -> Samples:
    """The same once more for each way, in rows of its own."""
    if times == 1:
        return samples
    return Samples(
        row=np.concatenate([samples.row + np.int32(k * rows) for k in range(times)]),
        time_us=np.tile(samples.time_us, times),
        phase=np.tile(samples.phase, times),
        values=np.tile(samples.values, (times, 1)),
        invalid=np.tile(samples.invalid, times),
        received_us=np.tile(samples.received_us, times),
        events=[(row + k * rows, event) for k in range(times) for row, event in samples.events],
    )


def _context(conn: Connection, one: Ended) -> Context:
    if one.patient_id is None:
        return Context()
    return context_then(conn, one.patient_id, one.prescription, one.start_us)


def _page(
    conn: Connection, passing: Sequence[Ended], page_us: int, events: list[tuple[int, Event]]
) -> tuple[Samples, list[tuple[int, Event]]]:
    """The rows of each that lie in this page of its own, with the events that go before them; the other events."""
    ends = [min(one.start_us + page_us + PAGE_US, one.end_us + 1) for one in passing]
    pages = [
        reading_queries.between(conn, one.unit_id, one.start_us + page_us, end_us)
        for one, end_us in zip(passing, ends, strict=True)
    ]
    now = [(row, event) for row, event in events if event.time_us < ends[row]]
    later = [(row, event) for row, event in events if event.time_us >= ends[row]]
    # A row whose time nobody knows is kept from the rules here too.
    sure = np.concatenate([(page.flags & np.uint8(Flag.TIME_UNCERTAIN)) == 0 for page in pages])
    time_us = np.concatenate([page.time_us for page in pages])[sure]
    samples = Samples(
        row=np.concatenate([np.full(len(page), row, np.int32) for row, page in enumerate(pages)])[sure],
        time_us=time_us,
        phase=np.concatenate([page.phase for page in pages])[sure],
        values=np.concatenate([page.values for page in pages])[sure],
        invalid=np.concatenate([page.invalid for page in pages])[sure],
        received_us=time_us,
        events=now,
    )
    return samples, later
