"""What a screen gets of the past: every bucket has an entry, numbers are short and exact, gaps and marks have spans."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from clinician_api.treatments import history, models
from clinician_api.treatments.history import Asked, Heard
from edge_agent.ledger import Gap as Went
from store.history import Buckets, SignalBuckets
from telemetry.messages import Event, EventKind, Status
from tests.clinician_api.builders import SECOND, bucketed


def asked(end_s: int, start_s: int = 0, now_s: int = 10**6, *, every: bool = False) -> Asked:
    return Asked("u-1", start_s * SECOND, end_s * SECOND, now_s * SECOND, every)


def told(question: Asked, found: Buckets, heard: Heard | None = None) -> dict[str, Any]:
    """The answer, checked against what is described."""
    answer: dict[str, Any] = json.loads(history.answer(question, found, heard or Heard([])))
    models.History.model_validate(answer)
    return answer


def with_values(found: Buckets, **values: list[float]) -> Buckets:
    for name, column in values.items():
        array = np.array(column, ">f4")
        found.series[name] = SignalBuckets(array, array, array)
    return found


def test_every_bucket_has_an_entry() -> None:
    found = with_values(bucketed([25 * SECOND, 26 * SECOND], 10 * SECOND), venous_pressure=[1.5])
    answer = told(asked(41), found)
    assert (answer["bucket_s"], answer["times"]) == (10.0, [0, 10, 20, 30, 40])
    assert answer["readings"] == [0, 0, 2, 0, 0]
    assert answer["series"]["venous_pressure"] == {key: [None, None, 1.5, None, None] for key in ("min", "max", "mean")}
    assert (answer["start"], answer["end"]) == ("1970-01-01T00:00:00Z", "1970-01-01T00:00:41Z")


def test_of_all_signals_only_those_there_are() -> None:
    nan = float("nan")
    found = with_values(bucketed([1 * SECOND], SECOND), venous_pressure=[1.0], systolic=[nan], diastolic=[nan])
    found.invalid[:] = 1 << 24
    assert list(told(asked(2, every=True), found)["series"]) == ["venous_pressure", "diastolic"]
    assert list(told(asked(2), found)["series"]) == ["venous_pressure", "systolic", "diastolic"]


def test_a_span_without_readings_is_one_gap_that_ends_now() -> None:
    answer = told(asked(100, now_s=60), bucketed([], 10 * SECOND))
    assert answer["readings"] == [0] * 10
    assert answer["gaps"] == [{"start": 0, "end": 60, "reason": "unknown", "signal": None, "detail": ""}]
    assert told(asked(100, start_s=50, now_s=40), bucketed([], 10 * SECOND, 50 * SECOND))["gaps"] == []


def test_a_gap_has_the_reason_the_box_told() -> None:
    times = [at * SECOND for at in (*range(30), *range(100, 130))]
    events = [
        Event(1, 33 * SECOND, 0, 1, EventKind.LINK, "silent", 0, True),
        Event(2, 100 * SECOND, 0, 1, EventKind.LINK, "silent", 0, False),
    ]
    answer = told(asked(130), bucketed(times, SECOND), Heard(events))
    assert [(g["start"], g["end"], g["reason"]) for g in answer["gaps"]] == [(29, 100, "machine off")]


def test_the_end_of_what_was_heard_of_a_silent_box() -> None:
    status = Status(1, "u-1", False, 0)
    heard = Heard([], status, since_us=60 * SECOND, received_us=60 * SECOND)
    answer = told(asked(300), bucketed([at * SECOND for at in range(50)], SECOND), heard)
    assert [(g["start"], g["end"], g["reason"]) for g in answer["gaps"]] == [(49, 300, "box offline")]


def test_backfilled_stretches_are_marked_and_a_gap_ends_one() -> None:
    times = [at * SECOND for at in (0, 1, 2, 3, 60, 61, 62)]
    answer = told(asked(63), bucketed(times, SECOND, late=[2, 3, 4, 5]))
    assert [(m["start"], m["end"], m["kind"], m["rows"]) for m in answer["marks"]] == [
        (2, 4, "backfilled", 2), (60, 62, "backfilled", 2),
    ]  # fmt: skip


def test_corrected_times_and_thinned_stretches_are_marked() -> None:
    found = bucketed([at * SECOND for at in range(10)], SECOND)
    found.corrected[4:6] = 1
    went = Went(99, 1, 2, -5 * SECOND, 3 * SECOND, 60)
    event = Event(1, 999 * SECOND, 0, 1, EventKind.AGENT, "readings thinned", 0, True, text=went.text())
    answer = told(asked(10), found, Heard([event]))
    assert [(m["start"], m["end"], m["kind"], m["rows"]) for m in answer["marks"]] == [
        (0, 4, "thinned", 99), (4, 6, "time corrected", 2),
    ]  # fmt: skip
    outside = told(asked(20, start_s=10), bucketed([], SECOND, 10 * SECOND), Heard([event]))
    assert outside["marks"] == []


@pytest.mark.parametrize(
    ("value", "text"), [(0.1, "0.1"), (105.1, "105.1"), (-0.0, "-0.0"), (-123.456, "-123.456"),
                        (16777217.0, "16777216.0"), (0.001234567, "0.001234567"), (99999.99, "99999.99")],
)  # fmt: skip
def test_a_decimal_is_as_short_as_it_can_be(value: float, text: str) -> None:
    (decimal,) = history.shortest(np.array([value], np.float32))
    assert np.float32(decimal) == np.float32(value)
    assert repr(float(decimal)) == text


@given(arrays.arrays(np.float32, st.integers(0, 50), elements=st.floats(width=32)))
def test_a_decimal_means_its_float_whatever_it_is(values: Any) -> None:
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(history.shortest(values).astype(np.float32), values)
