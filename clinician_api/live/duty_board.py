"""What screens are told of duty: the same for all of one clinic. No I/O, no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from clinician_api.access import Action, Scope
from clinician_api.live.views import View


@dataclass(frozen=True, slots=True)
class DutySeen:
    """What was read at one moment; nothing in it changes by time alone.

    Attributes:
        clinics: by number, a `ClinicDuty` each.
        selftest: a `SelftestLine` without its counts. channels: clinic of the person -> (taken, all) of the test.
        order: rises with every look at the store; what was looked up earlier may come in later.
    """

    clinics: Mapping[int, View]
    selftest: View
    channels: Mapping[int | None, tuple[int, int]] = field(default_factory=dict)
    order: int = field(default=0, compare=False)

    def view(self, scope: Scope) -> View:
        """A `Duty` of what the scope sees."""
        counts = [pair for clinic_id, pair in self.channels.items() if scope.sees_clinic(clinic_id)]
        taken, channels = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0)
        return {
            "known": True,
            "clinics": [view for clinic_id, view in self.clinics.items() if scope.sees_clinic(clinic_id)],
            "selftest": {**self.selftest, "taken": taken, "channels": channels},
        }


UNKNOWN: View = {"known": False, "clinics": [], "selftest": None}


class DutyBoard:
    """The last that was read, and the version at which it changed. `touch` gives the next version."""

    def __init__(self, touch: Callable[[], int]) -> None:
        self.version = 0
        self._touch = touch
        self._seen: DutySeen | None = None
        self._order = 0

    def put(self, seen: DutySeen | None) -> None:
        """What is so now; None: nobody knows any more. What was looked up before the last that was put is left out."""
        if seen is not None:
            if seen.order < self._order:
                return
            self._order = seen.order
        if seen != self._seen:
            self._seen = seen
            self.version = self._touch()

    def view(self, scope: Scope) -> View:
        """A `Duty` for a scope."""
        if self._seen is None or not scope.may(Action.SEE_COVERAGE):
            return UNKNOWN
        return self._seen.view(scope)
