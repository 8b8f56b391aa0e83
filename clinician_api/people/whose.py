"""Whose it is what a unit did: the patient's whom it served at the time, whoever has it now (decision 58). Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from store.tenures import Past, Tenure

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Whose:
    """Of a patient, of that clinic; of no patient: the unit's, and so the business of whoever sees the unit."""

    patient_id: int | None = None
    clinic_id: int | None = None


THE_UNITS: Final = Whose()


class Shown(Enum):
    """How much of an alert or a notice is shown."""

    NOTHING = 0
    BARE = 1  # that it lasts, without what was found: of whom the unit served before
    WHOLE = 2


@dataclass(frozen=True, slots=True)
class Seen:
    """What of a unit's span may be shown.

    Attributes:
        hidden: the stretches that may not, start ≤ time < end in microseconds, in order of time.
        patients: whose the rest is. of_nobody: some of it is of a time at which the unit served nobody.
    """

    hidden: tuple[Span, ...]
    patients: tuple[int, ...]
    of_nobody: bool

    def covers(self, time_us: int) -> bool:
        """Whether what happened then may be shown."""
        return not any(start <= time_us < end for start, end in self.hidden)


ALL_SEEN: Final = Seen((), (), of_nobody=True)


def seen(past: Past, start_us: int, end_us: int, *, home: bool, sees: Callable[[Tenure], bool]) -> Seen:
    """Of start ≤ time < end. `home`: the unit itself is seen; `sees`: whom it served then is."""
    hidden: list[Span] = []
    patients: list[int] = []
    of_nobody, at_us = False, start_us
    for tenure in past.tenures:
        since_us = max(tenure.since_us, at_us)
        until_us = end_us if tenure.until_us is None else min(tenure.until_us, end_us)
        if since_us >= until_us:
            continue
        if at_us < since_us:
            of_nobody = home
            hidden += [] if home else [(at_us, since_us)]
        if sees(tenure):
            patients.append(tenure.patient_id)
        else:
            hidden.append((since_us, until_us))
        at_us = until_us
    if at_us < end_us:
        of_nobody = of_nobody or home
        hidden += [] if home else [(at_us, end_us)]
    return Seen(tuple(hidden), tuple(dict.fromkeys(patients)), of_nobody)
