from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interop.fhir import search
from interop.fhir.datatypes import instant
from interop.fhir.search import FOR_EVER, Misread, When, moment, read
from tests.interop.fhir.records import made, of_type


def us(*parts: int) -> int:
    return round(datetime(*parts, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2026", (us(2026, 1, 1), us(2027, 1, 1))),
        ("2026-12", (us(2026, 12, 1), us(2027, 1, 1))),
        ("2024-02-29", (us(2024, 2, 29), us(2024, 3, 1))),
        ("2026-03-01T08:30Z", (us(2026, 3, 1, 8, 30), us(2026, 3, 1, 8, 31))),
        ("2026-03-01T08:30:15", (us(2026, 3, 1, 8, 30, 15), us(2026, 3, 1, 8, 30, 16))),
        ("2026-03-01T08:30:15.5+02:00", (us(2026, 3, 1, 6, 30, 15) + 500_000, us(2026, 3, 1, 6, 30, 15) + 600_000)),
        # A plus that was not quoted.
        ("2026-03-01T08:30:15 02:00", (us(2026, 3, 1, 6, 30, 15), us(2026, 3, 1, 6, 30, 16))),
        ("2026-03-01T08:30:15-01:30", (us(2026, 3, 1, 10, 0, 15), us(2026, 3, 1, 10, 0, 16))),
    ],
)
def test_a_date_is_as_long_as_it_is_said(text: str, span: tuple[int, int]) -> None:
    assert moment(text) == span


@pytest.mark.parametrize(
    "text",
    [
        "", "26", "2026-13", "2026-02-30", "2026-1-1", "9999", "0000", "2026-01-01T25:00", "2026-01-01T08:00+15:00",
        "٢٠٢٦", "2026-01-01T08", "now", "2026-01-01 08:00",
    ],
)  # fmt: skip
def test_what_is_no_date(text: str) -> None:
    assert moment(text) is None


@given(st.integers(0, 4_000_000_000_000))
def test_an_instant_is_read_as_it_was_written(ms: int) -> None:
    assert moment(instant(ms * 1000)) == (ms * 1000, ms * 1000 + 1000)


# Of a thing from 10 to 20: whether it fits a date of 12 to 15, of 5 to 25, of 20 to 25, of 5 to 10.
FITS = {
    "eq": (False, True, False, False), "ne": (True, False, True, True), "gt": (True, False, False, True),
    "lt": (True, False, True, False), "ge": (True, True, False, True), "le": (True, True, True, False),
    "sa": (False, False, False, True), "eb": (False, False, True, False), "ap": (True, True, False, False),
}  # fmt: skip


@pytest.mark.parametrize("prefix", list(FITS))
def test_each_prefix_as_the_specification_says(prefix: str) -> None:
    dates = ((12, 15), (5, 25), (20, 25), (5, 10))
    assert tuple(When(prefix, low, high).fits(10, 20) for low, high in dates) == FITS[prefix]


@given(st.sampled_from(list(FITS)), *(st.integers(0, 40) for _ in range(4)))
def test_nothing_that_fits_is_beyond_the_bounds_it_is_looked_for_in(
    prefix: str, low: int, length: int, start: int, lasts: int
) -> None:
    when = When(prefix, low, low + 1 + length)
    if when.fits(start, start + 1 + lasts):
        assert start < when.begins_before_us
        assert start + 1 + lasts > when.ends_after_us


def test_of_several_dates_the_bounds_that_leave_least() -> None:
    asked = read("Procedure", [("patient", "1"), ("date", "ge2026-01-01,2025"), ("date", "lt2026-02-01")])
    assert asked.begins_before_us("date") == us(2026, 2, 1)
    assert asked.ends_after_us("date") == us(2025, 1, 1)
    assert read("Procedure", [("patient", "1")]).begins_before_us("date") == FOR_EVER


CODED = {"coding": [{"system": "s", "code": "a"}, {"system": "t", "code": "b"}, {"code": "c"}]}


@pytest.mark.parametrize(
    ("text", "value", "fits"),
    [
        ("a", CODED, True), ("s|a", CODED, True), ("t|a", CODED, False), ("s|", CODED, True), ("u|", CODED, False),
        ("|c", CODED, True), ("|a", CODED, False), ("A", CODED, False), ("x,b", CODED, True),
        ("done", "done", True), ("http://x|done", "done", True), ("don", "done", False),
        ("true", True, True), ("false", True, False),
        ("urn:x|7", {"system": "urn:x", "value": "7"}, True), ("7", {"system": "urn:x", "value": "7"}, True),
        ("urn:y|7", {"system": "urn:x", "value": "7"}, False), ("7", {"system": "urn:x"}, False), ("7", 7, False),
    ],
)  # fmt: skip
def test_tokens(text: str, value: Any, fits: bool) -> None:
    asked = read("Patient", [("identifier", text)])
    assert asked.fits({"identifier": [value]}) is fits
    assert not asked.fits({})


@pytest.mark.parametrize(
    ("name", "text", "fits"),
    [
        ("patient", "7", True), ("patient", "Patient/7", True), ("patient", "https://x.example/fhir/Patient/7", True),
        ("patient", "8", False), ("patient", "Device/7", False), ("patient:Patient", "7", True),
        ("subject", "Patient/7", True), ("subject", "Device/7", False), ("subject", "7", True),
    ],
)  # fmt: skip
def test_references(name: str, text: str, fits: bool) -> None:
    (found,) = of_type("Procedure", made())
    if text == "Device/7" and name == "patient":
        with pytest.raises(Misread, match="say whose"):
            read("Procedure", [(name, text)])
        return
    assert read("Procedure", [(name, text)]).fits(found) is fits


@pytest.mark.parametrize(
    ("kind", "pairs", "why"),
    [
        ("Procedure", [], "say whose: one of patient, subject, or _id"),
        ("Observation", [("device", "Device/u")], "say whose"),
        ("Provenance", [("target", "Device/u")], "say whose"),
        ("Procedure", [("patient", "1,2")], "one at a time"),
        ("Procedure", [("patient", "1"), ("code:not", "x")], "modifiers"),
        ("Procedure", [("patient:Device", "1")], "modifiers"),
        ("Procedure", [("patient", "1"), ("status", ",")], "no value"),
        ("Procedure", [("patient", "1"), ("date", "xx2026")], "a date"),
        ("Procedure", [("patient", "x" * 401)], "at most 400"),
        ("Procedure", [("status", "x")] * 51, "at most 50"),
    ],
)
def test_what_cannot_be_understood(kind: str, pairs: list[tuple[str, str]], why: str) -> None:
    with pytest.raises(Misread, match=why):
        read(kind, pairs)


def test_what_a_type_does_not_have_is_left_aside() -> None:
    asked = read("Patient", [("name", "Ada"), ("_sort:x", "1"), ("active", "true")])
    assert asked.unknown == ("name", "_sort:x")
    assert [one.of.name for one in asked.wanted] == ["active"]


@given(st.sampled_from(sorted(search.BOUNDS)), st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_a_search_or_misread(name: str, text: str, other: str) -> None:
    for kind in ("Procedure", "Patient", "Observation"):
        try:
            asked = read(kind, [(name, text), ("date", other), ("code", other), ("_id", text)])
        except Misread:
            continue
        for one in made():
            asked.fits(one)


def test_an_open_end_goes_on() -> None:
    asked = read("Flag", [("patient", "7"), ("date", "ge2100")])
    of = {"subject": {"reference": "Patient/7"}, "period": {"start": instant(us(2026, 1, 1))}}
    assert asked.fits(of)
    assert not asked.fits({**of, "period": {**of["period"], "end": instant(us(2026, 1, 2))}})
