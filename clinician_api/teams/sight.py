"""Which single patients somebody sees, beside or instead of their clinic. Pure: the time is handed in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final


class Basis(Enum):
    """By what somebody sees a patient: all that counts at the moment, or what was given to them and does not pass.

    NOW: everything, also a broken glass, a shift, a notice. GIVEN: their clinic and their teams, also until a day.
    LASTING: their clinic, and teams they belong to without an end.
    """

    NOW = auto()
    GIVEN = auto()
    LASTING = auto()


@dataclass(frozen=True, slots=True)
class Glass:
    """Access somebody has opened, of which every page of that patient says so."""

    patient_id: int
    glass_id: int
    until_us: int


@dataclass(frozen=True, slots=True)
class Sight:
    """What it comes to, at a moment. Those who see the same have equal ones.

    Attributes:
        by_team: of the own clinic only what is of no patient; `patients` are all that are seen of it.
        patients: seen in any case; where the clinic is seen as a whole, those of other clinics only.
        glasses: those of `patients` who are seen because of a broken glass, too.
    """

    by_team: bool = False
    patients: frozenset[int] = frozenset()
    glasses: frozenset[Glass] = frozenset()

    def glass(self, patient_id: int | None) -> Glass | None:
        """The broken glass by which this patient is seen; of several that which lasts longest."""
        found = [one for one in self.glasses if one.patient_id == patient_id]
        return max(found, key=lambda one: (one.until_us, one.glass_id), default=None)


OPEN: Final = Sight()
