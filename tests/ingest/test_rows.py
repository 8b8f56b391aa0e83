from __future__ import annotations

import numpy as np

from ingest import rows
from ingest.admission import Reason
from ingest.inbox import Message
from ingest.outcasts import Outcast
from tests.ingest.building import EPOCH, START_US, batch, event, reading, seconds
from tests.ingest.world import World, up

OTHER = "fedcba9876543210"


def test_columns_carry_the_identity_of_every_row() -> None:
    intake = World().take(up(seconds(1, 2)), up(seconds(1, unit="u2", epoch=OTHER), "hhd/1/7/u2/up"))
    columns = rows.reading_columns(intake, np.array([7, 8, 9]))

    assert columns.unit_id.tolist() == [1, 1, 2]
    assert columns.epoch.tolist() == [EPOCH.encode()] * 2 + [OTHER.encode()]
    assert columns.seq.tolist() == [1, 2, 1]
    assert columns.received_us.tolist() == [7, 8, 9]  # type: ignore[union-attr]


def test_what_is_new_is_told_per_unit_and_epoch() -> None:
    intake = World().take(up(seconds(1, 2)), up(seconds(2, 3)), up(seconds(1, epoch=OTHER)), up(seconds(1)))

    assert rows.fresh_ranges(intake) == {(1, EPOCH): [(1, 3)], (1, OTHER): [(1, 1)]}


def test_extras_go_with_the_corrected_time_of_their_row() -> None:
    wrong = batch([reading(1, time_us=50_000_000, flags=0, extras={"a": "b"})])
    intake = World().take(up(wrong, received_us=START_US + 1_100_000))
    (extra,) = rows.extras(intake)

    assert (extra.unit_id, extra.epoch, extra.seq, dict(extra.extras)) == (1, EPOCH, 1, {"a": "b"})
    assert extra.time_us == intake.rows.time_us[0]
    assert abs(extra.time_us - START_US - 1_000_000) < 200_000


def test_events_carry_their_unit_and_when_they_came() -> None:
    message = up(batch([reading(1)], [event(2)]))
    (row,) = rows.event_rows(World().take(message))

    assert (row.unit_id, row.epoch, row.received_us, row.event.seq) == (1, EPOCH, message.received_us, 2)


def test_an_outcast_is_kept_with_its_reason() -> None:
    message = Message("some/topic", b"bytes", 5)

    assert rows.quarantine_row(Outcast(message, "u1", Reason.TOO_LARGE)).reason == "too large"
    kept = rows.quarantine_row(Outcast(message, "u1", Reason.UNDECODABLE, detail="half"))
    assert (kept.received_us, kept.topic, kept.unit, kept.reason, kept.payload) == (
        5, "some/topic", "u1", "undecodable: half", b"bytes",
    )  # fmt: skip
