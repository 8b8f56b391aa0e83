from __future__ import annotations

import msgspec

from ingest.judging import events_only, samples_of
from ingest.rows import reading_columns
from telemetry.messages import Lane
from tests.ingest.building import SECOND, START_US, batch, event, reading, seconds
from tests.ingest.world import NOW, World, up


def test_rules_see_what_is_not_late_under_their_own_row_numbers() -> None:
    world = World()
    intake = world.take(
        up(seconds(1, 2, unit="u2"), "hhd/1/7/u2/up"),
        up(seconds(5)),
        up(seconds(3), received_us=NOW),
    )
    arrived = reading_columns(intake, intake.rows.time_us).time_us
    samples = samples_of(intake, arrived)

    assert samples.row.tolist() == [1, 1, 0]
    assert samples.time_us.tolist() == [START_US + s * SECOND for s in (1, 2, 5)]
    assert samples.received_us.tolist() == samples.time_us.tolist()
    assert samples.values[:, 0].tolist() == [300.0] * 3


def test_events_are_seen_in_order_of_time_late_ones_too() -> None:
    world = World()
    backlog = batch([reading(2)], [event(3)], lane=Lane.BACKFILL, sent_us=NOW)
    earlier = msgspec.structs.replace(event(1), name="MDC_EVT_LO")
    intake = world.take(up(batch([reading(4)], [event(5)])), up(backlog), up(batch([], [earlier]), received_us=NOW))

    assert [(row, e.seq) for row, e in samples_of(intake, intake.rows.time_us).events] == [(0, 1), (0, 3), (0, 5)]


def test_events_alone_are_samples_without_rows() -> None:
    samples = events_only([(4, event(1))])

    assert len(samples.row) == len(samples.values) == 0
    assert samples.events == [(4, event(1))]
