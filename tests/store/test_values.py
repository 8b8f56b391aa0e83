from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import inf, nan

from hypothesis import given
from hypothesis import strategies as st

from store import values
from store.pool import Connection


@given(st.integers())
def test_times_fit_the_calendar(time_us: int) -> None:
    stored = values.storable_us(time_us)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=stored)
    assert 1 <= moment.year <= 9999
    assert stored == time_us or not values.EARLIEST_US <= time_us <= values.LATEST_US


@given(st.text(st.characters(codec=None)))
def test_texts_are_utf8_without_nul(text: str) -> None:
    stored = values.storable_text(text)
    stored.encode("utf-8")
    assert "\0" not in stored
    if "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text):
        assert stored == text


def test_text_is_cut() -> None:
    assert values.storable_text("abc", 2) == "ab"


def test_what_is_not_finite_is_null(conn: Connection) -> None:
    numbers = values.storable_numbers({"a": 1.5, "b": nan, "c": inf, "d": -inf})
    assert conn.execute("SELECT %s::jsonb", [numbers]).fetchone() == ({"a": 1.5, "b": None, "c": None, "d": None},)


def test_the_database_agrees_on_microseconds(conn: Connection) -> None:
    for time_us in (values.EARLIEST_US, -1, 0, 1_750_000_000_123_456, values.LATEST_US):
        assert conn.execute("SELECT to_us(from_us(%s))", [time_us]).fetchone() == (time_us,)
