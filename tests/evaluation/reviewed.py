"""A treatment of which all is known and well, to be spoilt in one way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from store.sign_offs import AlertOf, Evidence
from store.treatment_queries import FoundTreatment, KeptSummary
from store.treatment_summaries import Span, Summary
from store.treatments import Treatment
from telemetry.alarms import Priority
from telemetry.treatment import EndKnown

START_US = 1_750_000_000_000_000
MINUTE = 60_000_000
END_US = START_US + 240 * MINUTE
SUMMARY = Summary(
    14_400, 14_400.0, 0.0, 240.0, 2500.0, 70.0, 1.45, 1.3,
    {"systolic": Span(16, 128.0, 112.0, 141.0), "diastolic": Span(16, 74.0, 66.0, 84.0)},
)  # fmt: skip
TREATMENT = Treatment(START_US, END_US, EndKnown.MACHINE)
FOUND = FoundTreatment(7, "u-1", 1, 4, "Ada Example", 3, END_US, TREATMENT, KeptSummary(SUMMARY, 1, END_US, True, 3))
GOOD = Evidence(FOUND, 1, True, 240.0, 70.0, 1.4, 72.5, 70.4, 140.0, {}, (1,), ("summary",), (), (), ())


def summed(**change: Any) -> Evidence:
    """With other figures."""
    kept = KeptSummary(replace(SUMMARY, **change), 1, END_US, True, 3)
    return replace(GOOD, found=replace(FOUND, summary=kept))


def cuff(lowest: float, highest: float = 141.0, diastolic: float = 84.0) -> dict[str, Span]:
    """Blood pressure between these."""
    return {"systolic": Span(16, 120.0, lowest, highest), "diastolic": Span(16, 74.0, 60.0, diastolic)}


def alert(
    rule: str, priority: Priority, since_min: int = 10, until_min: int | None = 20, *, late: bool = False
) -> AlertOf:
    """One of it, from minute to minute."""
    until_us = None if until_min is None else START_US + until_min * MINUTE
    return AlertOf(since_min, rule, priority, START_US + since_min * MINUTE, until_us, late)
