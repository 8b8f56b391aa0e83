from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.phase_runs import GAP_US, LOST, event_mark, is_derived, mark_of, phase_of, points_of
from store.phase_runs import Run, Sighting
from telemetry.messages import EventKind, Flag
from telemetry.treatment import Phase
from tests.ingest.phases import START, Sighted, at_once, mark, merged, sighted

SECOND = 1_000_000
TX, IDL = mark("TX"), mark("IDL")


moments = st.one_of(
    # Close together, so that many fall on and into each other; and around the longest gap.
    st.integers(0, 12).map(lambda n: START + n * SECOND),
    st.integers(0, 40).map(lambda n: START + n * GAP_US // 4 + n % 3 - 1),
)
one_sighting = st.tuples(moments, st.sampled_from([TX, TX, IDL, TX + 1, LOST]), st.sampled_from([math.nan, 1.0, 5.0]))


@settings(max_examples=600, deadline=None)
@given(st.lists(one_sighting, min_size=1, max_size=30), st.integers(0, 2**32))
def test_any_order_in_any_pieces_with_duplicates_gives_the_same_runs(sightings: list[Sighted], seed: int) -> None:
    dice = random.Random(seed)
    sent = [*sightings, *dice.choices(sightings, k=len(sightings) // 2)]
    dice.shuffle(sent)
    pieces = []
    while sent:
        size = dice.randint(1, 8)
        pieces.append(sent[:size])
        sent = sent[size:]

    assert merged(pieces)[0] == at_once(sightings)


def test_sightings_in_order_never_ask_the_stored_rows() -> None:
    day = sighted("IDL 20, PRETX 15, TX@0 120, LOST 3, TX@123 90, POSTTX 5, DIS 40")
    runs, asked = merged([day[at : at + 7] for at in range(0, len(day), 7)])
    assert runs == at_once(day)
    assert asked == 0


def test_a_backlog_that_comes_in_blocks_never_asks_either() -> None:
    day = sighted("IDL 20, PRETX 15, TX@0 240, POSTTX 5, DIS 40")
    blocks = [day[at : at + 20] for at in range(0, len(day), 20)]
    runs, asked = merged([*blocks[8:], *blocks[:8]])
    assert runs == at_once(day)
    assert asked == 0


def test_a_gap_splits_a_run_and_what_comes_late_closes_it() -> None:
    first, second = [(START, TX, 0.0)], [(START + GAP_US + 1, TX, 5.0)]
    assert len(merged([first, second])[0]) == 2
    assert merged([first, second, [(START + 1, TX, math.nan)]])[0] == [Run(START, START + GAP_US + 1, TX, 0.0, 5.0)]
    assert len(merged([[(START, TX, 0.0)], [(START + GAP_US, TX, 5.0)]])[0]) == 1


@pytest.mark.parametrize(
    ("kind", "name", "text", "expected"),
    [
        (EventKind.PHASE, "phase", "TX", TX),
        (EventKind.PHASE, "phase", "NOT A PHASE", None),
        (EventKind.LINK, "disconnected", "", LOST),
        (EventKind.LINK, "silent", "", LOST),
        (EventKind.LINK, "connected", "", None),
        (EventKind.ALARM, "MDC_X", "TX", None),
    ],
)
def test_what_events_say(kind: EventKind, name: str, text: str, expected: int | None) -> None:
    assert event_mark(kind, name, text, 0) == expected


def test_stored_rows_and_events_become_points() -> None:
    derived = int(Flag.PHASE_DERIVED)
    found = points_of(
        [
            Sighting(1, int(Phase.TX), derived, 4.0, "", "", ""),
            Sighting(2, 0, 0, None, "phase", "phase", "IDL"),
            Sighting(3, 0, 0, None, "link", "connected", ""),
            Sighting(4, 0, 0, None, "link", "garbled", ""),
        ]
    )
    assert found.time_us.tolist() == [1, 2, 4]
    assert found.mark.tolist() == [TX + 1, IDL, LOST]
    assert found.clock[0] == 4.0
    assert np.isnan(found.clock[1:]).all()


def test_marks_say_phase_and_origin() -> None:
    run = Run(0, 0, mark_of(Phase.TX, Flag.PHASE_DERIVED))
    assert (phase_of(run), is_derived(run)) == (Phase.TX, True)
    assert (phase_of(Run(0, 0, LOST)), is_derived(Run(0, 0, LOST))) == (None, False)
