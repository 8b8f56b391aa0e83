"""What of a cycle the rules get to see, in which form, and what they say to it."""

from __future__ import annotations

from collections.abc import Container, Sequence

import numpy as np

from alerts.engine import Engine
from alerts.records import Samples, Transition
from ingest.columns import Ints
from ingest.intake import Intake
from telemetry import signals
from telemetry.messages import Event


class RulesFailure(Exception):
    """The rule engine raised: a fault of ours, for which no agent's rows may be refused.

    Attributes:
        in_tick: whether it was judging silence, so that no message can be the reason.
    """

    def __init__(self, what: str, *, in_tick: bool) -> None:
        super().__init__(what)
        self.in_tick = in_tick


def ask_rules(
    engine: Engine, units: Container[int], intake: Intake, arrived: Ints, tick_us: int | None
) -> list[Transition]:
    """What the rules find in the rows of an intake (`arrived` says of each when), and in silence until `tick_us`.

    Only of `units`, by row: the engine never forgets a unit, and one that was revoked is nobody's business any more.
    """
    found: list[Transition] = []
    judging_silence = False
    try:
        if intake.judged and (len(intake.rows) or intake.events):
            found += engine.evaluate(samples_of(intake, arrived))
        judging_silence = True
        if tick_us is not None:
            found += engine.tick(tick_us)
    except Exception as error:
        raise RulesFailure(type(error).__name__, in_tick=judging_silence) from error
    return [transition for transition in found if transition.row in units]


def arrived_us(intake: Intake) -> Ints:
    """When each admitted row arrived, server time."""
    return np.array([part.message.received_us for part in intake.parts], np.int64)[intake.rows.part]


def samples_of(intake: Intake, received_us: Ints) -> Samples:
    """The rows that are not late, in order of arrival, which per unit is order of time; and the events.

    Late events too: an alarm that began while the line was down may still stand, and the rules must know. The engine
    places them by their time; what they then find in old data is marked late.
    """
    rows, seen = intake.rows, ~intake.late
    place = np.array([part.unit.row for part in intake.parts], np.int32)
    events = [(intake.parts[index].unit.row, event) for index, event in intake.judged_events]
    return Samples(
        row=place[rows.part][seen],
        time_us=rows.time_us[seen],
        phase=rows.phase[seen],
        values=rows.values[seen],
        invalid=rows.invalid[seen],
        received_us=received_us[seen],
        events=sorted(events, key=lambda pair: (pair[1].time_us, pair[1].seq)),
    )


def events_only(events: Sequence[tuple[int, Event]]) -> Samples:
    """Events without a reading."""
    none = np.zeros(0, np.int64)
    return Samples(
        row=none.astype(np.int32),
        time_us=none,
        phase=none.astype(np.uint8),
        values=np.zeros((0, signals.COUNT), np.float32),
        invalid=none.astype(np.uint64),
        received_us=none,
        events=events,
    )
