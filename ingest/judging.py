"""What of a cycle the rules get to see, and in which form."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from alerts.records import Samples
from ingest.columns import Ints
from ingest.intake import Intake
from telemetry import signals
from telemetry.messages import Event


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
