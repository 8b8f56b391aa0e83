"""How many rows may be under way; the whole, on lines in virtual time, is in test_window.py."""

from __future__ import annotations

import pytest

from edge_agent.pace import Pace, PaceTuning
from telemetry.wire import MAX_ROWS

TUNING = PaceTuning()


@pytest.fixture
def pace() -> Pace:
    return Pace(TUNING)


def test_it_begins_with_the_least_and_does_so_again(pace: Pace) -> None:
    assert pace.rows == TUNING.rows_min
    pace.acknowledged(60, 0.1)
    pace.restart()
    assert pace.rows == TUNING.rows_min


def test_a_quick_answer_at_most_doubles_it_and_a_slow_one_at_most_halves_it(pace: Pace) -> None:
    pace.acknowledged(60, 0.01)
    assert pace.rows == 120
    for _ in range(5):
        pace.acknowledged(pace.rows, 0.01)
    assert pace.rows == TUNING.rows_max
    pace.acknowledged(960, 60.0)
    assert pace.rows == 480
    for _ in range(5):
        pace.acknowledged(pace.rows, 60.0)
    assert pace.rows == TUNING.rows_min


def test_in_between_it_is_what_the_line_carries_in_the_time_a_row_may_queue(pace: Pace) -> None:
    pace.rows = 300
    pace.acknowledged(300, 1.25)
    assert pace.rows == 360
    pace.acknowledged(360, 2.0)
    assert pace.rows == 270


def test_a_line_found_half_empty_is_no_proof_against_it(pace: Pace) -> None:
    pace.rows = 400
    pace.acknowledged(64, 1.0)
    assert pace.rows == 400


def test_a_message_has_half_the_window_and_scraps_are_not_sent(pace: Pace) -> None:
    pace.rows = 400
    assert pace.room(0) == 200
    assert pace.room(250) == 150
    assert pace.room(300) == 100
    assert pace.room(301) == 0
    assert pace.room(700) == 0
    pace.rows = TUNING.rows_max
    assert pace.room(0) == MAX_ROWS
