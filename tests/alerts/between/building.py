"""Pasts for tests of this room."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from alerts.between.words import HOUR_US, MINUTE_US
from telemetry.care import Arranged, Content, Measured, Measurement, Schedule
from telemetry.past import Past, PastTreatment
from telemetry.treatment import EndKnown

NOW_US = 1_772_409_600_000_000  # 2026-03-02T00:00:00Z, a Monday
EVERY_EVENING = Schedule(every_days=1, at="18:00", zone="UTC", duration_min=240)


def treated(at_h: float, minutes: float = 240, **values: Any) -> PastTreatment:
    """A treatment that is over and summarised."""
    start_us = NOW_US + round(at_h * HOUR_US)
    end_us = start_us + round(minutes * MINUTE_US)
    whole = PastTreatment(0, 1, start_us, end_us, EndKnown.MACHINE, summarised=True, treated_min=minutes)
    return replace(whole, **values)


def past(
    *treatments: PastTreatment,
    now_h: float = 1000,
    arranged: tuple[Content, ...] = (EVERY_EVENING,),
    measured: tuple[tuple[Measured, float, float], ...] = (),
    **values: Any,
) -> Past:
    """A patient `now_h` hours later; what is arranged has always held; (what, value, hour) measured."""
    return Past(
        now_us=NOW_US + round(now_h * HOUR_US),
        bound_us=0,
        treatments=tuple(replace(one, treatment_id=i) for i, one in enumerate(treatments, start=1)),
        arranged=tuple(Arranged(0, content) for content in arranged),
        measured=tuple(
            Measurement(i, what, value, NOW_US + round(at * HOUR_US)) for i, (what, value, at) in enumerate(measured)
        ),
        **values,
    )
