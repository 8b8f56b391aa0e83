"""PCD-01 (ORU^R01): what a machine showed in the course of a treatment, and what the treatment came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from interop.fhir.treatments import OF_SIGNAL, total_of
from interop.hl7 import terms
from interop.hl7.er7 import components, message, number, segment, stamp
from interop.hl7.header import OURS, PCD_01, Head, Route, Whose, entity, opening
from store.treatment_summaries import Summary
from telemetry.signals import BY_NAME, Signal


@dataclass(frozen=True, slots=True)
class Shown:
    """One value of a machine, in the catalogue's unit, and when it showed it (microseconds since 1970 UTC)."""

    signal: Signal
    value: float
    time_us: int


@dataclass(frozen=True, slots=True)
class Course:
    """Which treatment, and the span that is told of."""

    treatment_id: int
    start_us: int
    end_us: int


def readings(head: Head, whose: Whose, course: Course, shown: Sequence[Shown]) -> str:
    """The last value of each signal in the span, each with its own time. What nobody measured is not there."""
    values: list[str] = []
    for one in shown:
        if not isfinite(one.value):
            continue
        kind, written = terms.written(one.signal, one.value)
        values.append(_observation(len(values) + 3, one.signal, kind, written, "R", one.time_us))
    return _message(head, whose, course, "R", values)


def totals(head: Head, whose: Whose, course: Course, summary: Summary, *, corrected: bool) -> str:
    """What a treatment that is over came to, as far as the machine told it, and for how long nobody saw it: without
    that the other numbers look better founded than they are. `corrected`: it was told before, and has changed.
    """
    status = "C" if corrected else "F"
    values: list[str] = []
    for name in OF_SIGNAL:
        value = total_of(summary, name)
        if value is not None:
            signal = BY_NAME[name]
            values.append(_observation(len(values) + 3, signal, "NM", number(value), status, course.end_us))
    unseen = components("unseen", "Time of the treatment without readings", OURS)
    values.append(
        segment(
            "OBX", str(len(values) + 3), "NM", unseen, "1.1.0.99", number(summary.unseen_s),
            components("s", "s", "UCUM"), "", "", "", "", status, "", "", stamp(course.end_us),
        )
    )  # fmt: skip
    return _message(head, whose, course, status, values)


def treatment_of(treatment_id: int, route: Route) -> str:
    """OBR-3 of all messages of one treatment."""
    return entity(f"treatment-{treatment_id}", route)


def _message(head: Head, whose: Whose, course: Course, status: str, values: Sequence[str]) -> str:
    blank = [""] * 16
    order = segment(
        "OBR", "1", "", treatment_of(course.treatment_id, head.route), terms.MACHINE_MDS, "", "",
        stamp(course.start_us), stamp(course.end_us), *blank, status,
    )  # fmt: skip
    equipment = entity(whose.unit, head.route)
    devices = [_device(1, terms.MACHINE_MDS, "1.0.0.0", equipment), _device(2, terms.MACHINE_VMD, "1.1.0.0", "")]
    return message(*opening(PCD_01, head, whose), order, *devices, *values)


def _device(number_: int, what: str, place: str, equipment: str) -> str:
    """An OBX that measures nothing: it says what the ones below it are of."""
    return segment("OBX", str(number_), "", what, place, "", "", "", "", "", "", "X", "", "", "", "", "", "", equipment)


def _observation(number_: int, signal: Signal, kind: str, written: str, status: str, time_us: int) -> str:
    return segment(
        "OBX", str(number_), kind, terms.identifier(signal), terms.place(signal), written, terms.unit(signal), "", "",
        "", "", status, "", "", stamp(time_us), "", "", terms.method(signal),
    )  # fmt: skip
