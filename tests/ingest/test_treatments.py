from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.treatments import LIMIT_US, RESUME_US, courses
from store.treatments import Treatment
from telemetry.treatment import EndKnown
from tests.ingest.phases import MINUTE, START, at_once, merged, sighted

LATER = START + 100 * 3_600_000_000


def told(treatment: Treatment) -> str:
    """A treatment in minutes since START."""
    end = "…" if treatment.end_us is None else minutes(treatment.end_us)
    known = "" if treatment.end_known is None else f" {treatment.end_known}"
    pauses = "".join(
        f" ({minutes(p.since_us)}–{'…' if p.until_us is None else minutes(p.until_us)} {p.phase or p.cause})"
        for p in treatment.interruptions
    )
    return f"{minutes(treatment.start_us)}–{end}{known}{pauses}"


def minutes(time_us: int) -> str:
    return f"{(time_us - START) / MINUTE:g}"


def story(course: str, now_us: int = LATER) -> list[str]:
    return [told(one.treatment) for one in courses(at_once(sighted(course)), now_us)]


@pytest.mark.parametrize(
    ("course", "expected"),
    [
        # What a machine that says its phase does on an ordinary day.
        ("IDL 5, PRETX 10, TX 240, POSTTX 5, DIS 30, IDL 5", ["15–255 said by the machine"]),
        ("PRETX 10, TX 240, POSTTX 5, DIS 30, IDL 5, PRETX 10, TX 60, DIS 1",
         ["10–250 said by the machine", "300–360 said by the machine"]),
        # Nothing of it, and nothing but it.
        ("IDL 5, PRETX 10, DIS 10", []),
        ("TX 1", ["0–0 clock limit"]),
        # Pauses: recirculation, a power cut, service; too long a pause is the end.
        ("TX 60, PRETX 10, TX 60, POSTTX 1", ["0–130 said by the machine (60–70 PRETX)"]),
        ("TX 60, IDL 2, TX 60, POSTTX 1", ["0–122 said by the machine (60–62 IDL)"]),
        ("TX 60, IDL 70, TX 60, POSTTX 1", ["0–60 said by the machine", "130–190 said by the machine"]),
        ("TX 60, IDL 30", ["0–60 said by the machine"]),
        # Drained or disinfected in between, however short: another treatment.
        ("TX 60, POSTTX 1, TX 60, DIS 1", ["0–60 said by the machine", "61–121 said by the machine"]),
        ("TX 60, PRETX 1, DIS 1, TX 60, DIS 1", ["0–60 said by the machine", "62–122 said by the machine"]),
        # The treatment clock went back: another treatment, whatever the phase says.
        ("tx@1 200, ? 2, tx@1 100, ? 90", ["0–200 next treatment began", "202–302 derived"]),
        ("tx@1 200, ? 2, tx@200 40, ? 90", ["0–242 derived (200–202 UNKNOWN)"]),
        ("TX@1 100, - 8, TX@1 100, DIS 1", ["0–99 next treatment began", "108–208 said by the machine"]),
        # A machine that does not say its phase.
        ("? 20, tx@1 240, ? 30", ["20–260 derived"]),
        # Switched off, unplugged.
        ("tx@1 240, LOST 600", ["0–239 machine lost"]),
        ("TX 100, LOST 20, TX 100, DIS 1", ["0–220 said by the machine (99–120 machine lost)"]),
        ("TX@1 100, LOST 200, TX@300 40, DIS 1", ["0–340 said by the machine (99–300 machine lost)"]),
        ("TX 100, LOST 200, TX 40, DIS 1", ["0–99 machine lost", "300–340 said by the machine"]),
        ("TX 100, LOST 3, TX 100, DIS 1", ["0–203 said by the machine"]),
        ("TX 100, LOST 60, DIS 5", ["0–99 said by the machine"]),
        # Offline: the clock of the treatment bridges what nobody saw.
        ("TX@1 100, - 200, TX@301 40, DIS 1", ["0–340 said by the machine (99–300 no readings)"]),
        ("TX@1 100, - 200, TX@110 40, DIS 1", ["0–99 next treatment began", "300–340 said by the machine"]),
        ("TX 100, - 20, TX 100, DIS 1", ["0–220 said by the machine (99–120 no readings)"]),
        ("TX 100, - 200, TX 40, DIS 1", ["0–99 next treatment began", "300–340 said by the machine"]),
        ("TX 100, - 200, POSTTX 5", ["0–99 said by the machine"]),
        ("TX 100, - 721, TX 40, DIS 1", ["0–99 clock limit", "821–861 said by the machine"]),
        ("TX 100, - 721, DIS 5", ["0–99 clock limit"]),
        # Said and inferred without a gap between: one treatment.
        ("TX 100, tx 100, DIS 1", ["0–200 said by the machine"]),
    ],
)  # fmt: skip
def test_courses(course: str, expected: list[str]) -> None:
    assert story(course) == expected


@pytest.mark.parametrize(
    ("course", "after_us", "expected"),
    [
        ("TX 100", LIMIT_US, "0–…"),
        ("TX 100", LIMIT_US + 1, "0–99 clock limit"),
        ("TX 100, LOST", RESUME_US, "0–… (99–… machine lost)"),
        ("TX 100, LOST", RESUME_US + 1, "0–99 machine lost"),
        ("TX 100, PRETX 5", RESUME_US, "0–… (100–… PRETX)"),
        ("TX 100, PRETX 5", RESUME_US + 1, "0–100 said by the machine"),
        ("TX 100, POSTTX 1", 0, "0–100 said by the machine"),
    ],
)
def test_what_the_servers_clock_decides(course: str, after_us: int, expected: str) -> None:
    last_us = START + 99 * MINUTE
    runs = at_once(sighted(course))
    (found,) = courses(runs, last_us + after_us)
    assert told(found.treatment) == expected
    goes_on = found.treatment.end_us is None
    assert (found.due_us is not None) is goes_on
    if found.due_us is not None:
        assert courses(runs, found.due_us)[0].treatment.end_us is None
        assert courses(runs, found.due_us + 1)[0].treatment.end_us is not None


@pytest.mark.parametrize(
    ("course", "unusual"),
    [
        ("IDL 1, PRETX 5, TX 60, POSTTX 5", 0),
        ("IDL 1, TX 60, POSTTX 5", 1),  # no preparation was seen
        ("PRETX 5, TX 60, IDL 1, TX 60, DIS 1", 3),  # a power cut: TX to IDL, IDL to TX, TX to DIS
        ("PRETX 5, TX 60, LOST 10, TX 60, POSTTX 1", 0),
        ("DIS 1, - 800, TX 60, POSTTX 1", 0),  # too long ago to say anything
    ],
)
def test_moves_out_of_the_ordinary_are_counted(course: str, unusual: int) -> None:
    (found,) = courses(at_once(sighted(course)), LATER)
    assert found.treatment.unusual == unusual


def test_a_derived_beginning_is_marked() -> None:
    assert courses(at_once(sighted("tx 5")), LATER)[0].treatment.derived
    assert not courses(at_once(sighted("TX 5")), LATER)[0].treatment.derived


words = st.sampled_from(["IDL", "PRETX", "TX", "TX", "tx", "POSTTX", "DIS", "?", "LOST", "-", "TX@1", "TX@50", "tx@90"])
lengths = st.sampled_from([1, 2, 5, 30, 61, 200, 721])
stories = st.lists(st.tuples(words, lengths).map(lambda pair: f"{pair[0]} {pair[1]}"), min_size=1, max_size=9)


@settings(max_examples=200, deadline=None)
@given(stories.map(", ".join), st.integers(0, 2**32))
def test_any_order_of_batches_and_duplicates_gives_the_same_treatments(course: str, seed: int) -> None:
    day = sighted(course)
    dice = random.Random(seed)
    batches = [day[at : at + 13] for at in range(0, len(day), 13)]
    sent = [*batches, *dice.choices(batches, k=len(batches))] if batches else []
    dice.shuffle(sent)
    runs, _ = merged(sent)

    assert [one.treatment for one in courses(runs, LATER)] == [one.treatment for one in courses(at_once(day), LATER)]


@settings(max_examples=200, deadline=None)
@given(stories.map(", ".join))
def test_treatments_are_in_order_apart_and_all_of_tx(course: str) -> None:
    found = [one.treatment for one in courses(at_once(sighted(course)), LATER)]
    assert all(one.end_us is not None and one.start_us <= one.end_us for one in found)
    for one, other in pairwise(found):
        assert one.end_us is not None
        assert one.end_us <= other.start_us
    for at, mark, _ in sighted(course):
        if mark in (6, 7):
            assert sum(one.start_us <= at <= (one.end_us or 0) for one in found) == 1
    assert all(isinstance(one.end_known, EndKnown) for one in found)
