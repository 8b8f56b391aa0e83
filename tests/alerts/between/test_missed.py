"""Beside its cases (tests/rules/between/R24.toml): when it is to be looked at next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.between.missed import MissedLimits, judge
from alerts.between.words import HOUR_US
from telemetry.alarms import FindingState
from telemetry.care import Arranged, Schedule
from tests.alerts.between.building import NOW_US, past, treated

LIMITS = MissedLimits(low_h=4, medium_h=24, in_a_row=2, early_h=36, silent_h=1)


@pytest.mark.parametrize(
    ("now_h", "next_h"),
    [(10, 18), (18, 22), (21, 22), (22, 42), (41.5, 42), (43, 46), (46, 66)],
)
def test_the_next_moment_is_when_time_alone_may_change_it(now_h: float, next_h: float) -> None:
    verdict = judge(LIMITS, replace(past(now_h=now_h), bound_us=NOW_US))
    assert verdict.next_us is not None
    assert (verdict.next_us - NOW_US) / HOUR_US == next_h


def test_nothing_is_missed_between_two_looks_at_the_next_moment() -> None:
    # Looked at only when it asks to be, it finds what it finds looked at every ten minutes.
    def states(step_h: float | None) -> list[tuple[str, FindingState, str | None]]:
        found, now_h = [], 0.0
        while now_h < 120:
            now = replace(past(treated(90), now_h=now_h), bound_us=NOW_US)
            now = replace(now, treatments=tuple(one for one in now.treatments if one.start_us <= now.now_us))
            verdict = judge(LIMITS, now)
            if not found or found[-1] != (verdict.about, verdict.state, verdict.priority):
                found.append((verdict.about, verdict.state, verdict.priority))
            assert verdict.next_us is not None
            # A treatment that begins is a reason to look, too.
            turn_h = min([(verdict.next_us - NOW_US) / HOUR_US] + ([90.0] if now_h < 90 else []))
            now_h = turn_h if step_h is None else round(now_h + step_h, 6)
        return found

    assert states(None) == states(1 / 6)
    assert len(states(None)) > 6


def test_without_a_schedule_nothing_is_ever_due() -> None:
    verdict = judge(LIMITS, past(arranged=()))
    assert (verdict.state, verdict.reason, verdict.next_us) == (FindingState.NOT_EVALUATED, "no schedule", None)


@pytest.mark.parametrize(("heard_h", "says"), [(21.0, False), (20.99, True), (None, True), (22.0, False)])
def test_a_silent_box_is_named_where_it_may_hide_a_treatment(heard_h: float | None, *, says: bool) -> None:
    heard_us = None if heard_h is None else NOW_US + round(heard_h * HOUR_US)
    verdict = judge(LIMITS, replace(past(now_h=22, heard_us=heard_us), bound_us=NOW_US))
    assert ("may have gone on unseen" in verdict.reason) is says
    assert "in a row" not in verdict.reason


def test_the_last_start_and_how_many_were_missed_are_named() -> None:
    verdict = judge(LIMITS, replace(past(treated(18), now_h=94), bound_us=NOW_US))
    assert "3 planned treatments missed in a row" in verdict.reason
    last, unseen = "the last treatment began 2026-03-02 18:00 UTC", "a treatment may have gone on unseen"
    assert verdict.reason.endswith(f"; {last}; the box has never been heard: {unseen}")


def test_every_second_day_counts_from_when_it_was_arranged_whoever_is_served_since() -> None:
    every_second = Schedule(every_days=2, at="18:00", zone="UTC", duration_min=240)
    arranged = (Arranged(NOW_US - 3 * 24 * HOUR_US, every_second),)
    verdict = judge(LIMITS, replace(past(now_h=30), arranged=arranged, bound_us=NOW_US))
    assert verdict.state is FindingState.NOT_EVALUATED, "that of Sunday was before this patient, the next is Tuesday"
    assert verdict.next_us == NOW_US + 42 * HOUR_US
