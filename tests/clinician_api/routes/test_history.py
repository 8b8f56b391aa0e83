"""History: buckets that keep extremes and gaps, reasons, marks, bad questions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from store import history, machine_events, pool, readings, registry
from store.machine_events import EventRow
from store.readings import ReadingColumns
from telemetry.messages import Event, EventKind
from telemetry.signals import BY_NAME, COUNT
from tests.clinician_api.conftest import Api, problem

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def store_readings(api: Api, unit: registry.Unit, rows: Sequence[tuple[float, float]], flags: int = 1) -> None:
    """(seconds after START, venous pressure)"""
    count = len(rows)
    times = np.array([int(START.timestamp() * 1e6) + int(at * 1e6) for at, _ in rows], np.int64)
    values = np.full((count, COUNT), np.nan, np.float32)
    values[:, BY_NAME["venous_pressure"].number] = [value for _, value in rows]
    columns = ReadingColumns(
        unit_id=np.full(count, unit.unit_id, np.int32),
        epoch=np.full(count, b"0123456789abcdef", "S16"),
        seq=np.arange(count, dtype=np.int64),
        time_us=times,
        mono_ms=np.zeros(count, np.int64),
        phase=np.full(count, 3, np.uint8),
        flags=np.full(count, flags, np.uint8),
        invalid=np.zeros(count, np.uint64),
        received_us=times,
        values=values,
    )
    with api.database() as conn, pool.transaction(conn):
        readings.copy_readings(conn, columns)


def window(**change: object) -> dict[str, str]:
    query = {
        "signals": "venous_pressure", "start": START.isoformat(), "end": (START + timedelta(seconds=60)).isoformat(),
        "buckets": "6",
    }  # fmt: skip
    return {**query, **{name: str(value) for name, value in change.items()}}


def test_history_keeps_extremes_and_gaps(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    spike = [(float(second), 300.0 if second == 5 else 100.0) for second in range(10)]
    store_readings(api, unit, [*spike, *[(50.0 + second, 120.0 + second) for second in range(10)]])
    answer = api.sign_in().get("/api/units/u-1/readings", params=window()).json()
    assert answer["bucket_s"] == 10.0
    assert answer["times"] == [START.timestamp() + 10 * n for n in range(6)]
    series = answer["series"]["venous_pressure"]
    assert series["max"] == [300.0, None, None, None, None, 129.0]
    assert series["min"] == [100.0, None, None, None, None, 120.0]
    assert series["mean"][0] == 120.0


def test_a_window_that_buckets_do_not_divide_is_covered_to_its_end(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    store_readings(api, unit, [(0.0, 1.0), (59.0, 2.0)])
    answer = api.sign_in().get("/api/units/u-1/readings", params=window(buckets=7)).json()
    assert len(answer["times"]) == len(answer["series"]["venous_pressure"]["min"]) == 7
    assert answer["series"]["venous_pressure"]["max"][-1] == 2.0


def test_history_of_another_clinic_does_not_exist(api: Api) -> None:
    api.add_unit("u-2", "Clinic 2")
    assert api.sign_in(clinic=1).get("/api/units/u-2/readings", params=window()).status_code == 404


def test_questions_that_are_none(api: Api) -> None:
    api.add_unit("u-1", "Clinic 1")
    client = api.sign_in()
    later = START + timedelta(days=500)
    for change in (
        {"signals": ""}, {"signals": "no_such"}, {"signals": "venous_pressure;drop table"}, {"signals": "x" * 3000},
        {"signals": ","},
        {"buckets": 0}, {"buckets": 4001}, {"buckets": "many"}, {"start": "yesterday"}, {"end": START.isoformat()},
        {"end": later.isoformat()}, {"start": "2026-03-01T08:00:00"}, {"start": "0001-01-01T00:00:00+14:00"},
        {"end": "9999-12-31T23:59:59-12:00"}, {"start": 1e308}, {"start": "nan"},
    ):  # fmt: skip
        answer = client.get("/api/units/u-1/readings", params=window(**change))
        assert answer.status_code == 422, change
        assert problem(answer)["detail"]


def test_a_span_of_a_microsecond_is_a_span(api: Api) -> None:
    api.add_unit("u-1", "Clinic 1")
    end = (START + timedelta(microseconds=1)).isoformat()
    answer = api.sign_in().get("/api/units/u-1/readings", params=window(end=end, buckets=4000))
    assert answer.status_code == 200
    assert len(answer.json()["times"]) == 1


def test_all_signals_when_none_is_named(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    store_readings(api, unit, [(0.0, 100.0)])
    query = window()
    del query["signals"]
    answer = api.sign_in().get("/api/units/u-1/readings", params=query)
    assert list(answer.json()["series"]) == ["venous_pressure"]
    assert answer.headers["content-type"] == "application/json"


def test_gaps_have_reasons_and_late_rows_marks(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    store_readings(api, unit, [(float(second), 100.0) for second in (*range(10), *range(50, 60))], flags=5)
    start_us = int(START.timestamp() * 1e6)
    link = [(12, True), (50, False)]
    with api.database() as conn:
        machine_events.add_events(conn, [
            EventRow(unit.unit_id, "0123456789abcdef", start_us, Event(
                100 + at, start_us + at * 1_000_000, 0, 1, EventKind.LINK, "disconnected", 0, active,
            ))
            for at, active in link
        ])  # fmt: skip
    answer = api.sign_in().get("/api/units/u-1/readings", params=window()).json()
    at = START.timestamp()
    (gap,) = answer["gaps"]
    assert (gap["start"] - at, gap["end"] - at, gap["reason"]) == (9, 50, "link down")
    assert [(m["start"] - at, m["end"] - at, m["kind"], m["rows"]) for m in answer["marks"]] == [
        (0, 10, "backfilled", 10),
        (50, 60, "backfilled", 10),
    ]


def test_a_day_of_23_hours_has_buckets_of_equal_length(api: Api) -> None:
    api.add_unit("u-1", "Clinic 1")
    query = window(start="2026-03-29T00:00:00+01:00", end="2026-03-30T00:00:00+02:00", buckets=23)
    answer = api.sign_in().get("/api/units/u-1/readings", params=query).json()
    assert answer["bucket_s"] == 3600
    assert np.unique(np.diff(answer["times"])).tolist() == [3600]
    assert answer["times"][0] == datetime(2026, 3, 28, 23, tzinfo=UTC).timestamp()


def test_buckets_of_minutes_are_whole_and_begin_on_one(api: Api) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    store_readings(api, unit, [(3.0, 7.0), (5.0, 1.0), (86_405.0, 2.0), (86_407.0, 9.0)])
    span = {"start": START + timedelta(seconds=4.5), "end": START + timedelta(days=1, seconds=6)}
    client = api.sign_in()
    answer = client.get("/api/units/u-1/readings", params=window(**span, buckets=600)).json()
    assert answer["bucket_s"] == 180
    assert (answer["start"], answer["times"][0]) == ("2026-03-01T08:00:00Z", START.timestamp())
    series = answer["series"]["venous_pressure"]
    assert len(answer["times"]) == 481
    assert (series["max"][0], series["min"][0], series["max"][-1]) == (7.0, 1.0, 2.0)
    # Shorter buckets stay exactly where they were asked for.
    exact = client.get("/api/units/u-1/readings", params=window(**span, buckets=1441)).json()
    assert (exact["bucket_s"], exact["times"][0]) == (pytest.approx(59.9595, abs=1e-4), START.timestamp() + 4.5)


def test_too_much_to_read_says_what_to_do(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    unit = api.add_unit("u-1", "Clinic 1")
    store_readings(api, unit, [(at / 1000, 100.0) for at in range(20_000)])
    monkeypatch.setattr(history, "PATIENCE_MS", 1)
    query = {**window(buckets=4000)}
    del query["signals"]
    answer = api.sign_in().get("/api/units/u-1/readings", params=query)
    assert answer.status_code == 503
    assert "fewer signals" in answer.json()["hint"]
