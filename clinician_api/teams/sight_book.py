"""Whose sight is what, by teams, duty, notices and broken glasses. No I/O, no clock.

What was read last counts until it is read again, also while the database is away; ends come by time alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from clinician_api.access import ACROSS_CLINICS, BY_TEAM, MAY, Action, Role
from clinician_api.teams.sight import OPEN, Basis, Glass, Sight
from store.sights import Sights

_NEVER: Final = 2**62


class SightBook:
    """Who sees which patients; the same patients are one object, however many see them."""

    def __init__(self) -> None:
        self._sights = Sights()
        self._on_duty: Mapping[int, Collection[int]] = {}
        self._known: dict[tuple[int, Role, int | None, Basis], tuple[Sight, int]] = {}
        self._same: dict[Sight, Sight] = {}

    def put(self, sights: Sights, on_duty: Mapping[int, Collection[int]]) -> bool:
        """What is so now; `on_duty`: clinic that goes by team -> who has a shift now. True when it is a change."""
        if (sights, on_duty) == (self._sights, self._on_duty):
            return False
        self._sights, self._on_duty = sights, on_duty
        self._known.clear()
        self._same.clear()
        return True

    def of_person(
        self, user_id: int, role: Role, clinic_id: int | None, now_us: int, basis: Basis = Basis.NOW
    ) -> Sight:
        """The sight of an account; by less than all that counts now it decides who may hand sight on, not who sees."""
        key = (user_id, role, clinic_id, basis)
        sight, until_us = self._known.get(key, (OPEN, -_NEVER))
        if now_us >= until_us:
            sight, until_us = self._person(user_id, role, clinic_id, now_us, basis)
            sight = self._same.setdefault(sight, sight)
            self._known[key] = sight, until_us
        return sight

    def of_screen(self, team_id: int | None, clinic_id: int) -> Sight:
        """The sight of a kiosk: of its team, else all of its clinic, also where that goes by team.

        Whoever is in no team of a clinic that goes by team is on every screen of it: nobody else looks after them.
        """
        if team_id is None:
            return OPEN
        patients = self._sights.team_patients.get(team_id, frozenset())
        sight = Sight(by_team=True, patients=patients | self._sights.of_no_team.get(clinic_id, frozenset()))
        return self._same.setdefault(sight, sight)

    def _person(self, user_id: int, role: Role, clinic_id: int | None, now_us: int, basis: Basis) -> tuple[Sight, int]:
        if role is Role.PATIENT:
            own = self._sights.of_account.get(user_id)
            return Sight(patients=frozenset() if own is None else frozenset({own})), _NEVER
        if Action.SEE_PATIENTS not in MAY[role] or (clinic_id is None and role in ACROSS_CLINICS):
            return OPEN, _NEVER
        of, ends = self._sights, [_NEVER]
        patients: set[int] = set()
        for member, team_id, until_us in of.members:
            counts = until_us is None or (basis is not Basis.LASTING and now_us < until_us)
            if member == user_id and counts:
                patients |= of.team_patients.get(team_id, frozenset())
                ends += [] if until_us is None else [until_us]
        glasses = self._opened(user_id, now_us) if basis is Basis.NOW else []
        if basis is Basis.NOW:
            patients |= of.asked.get(user_id, frozenset())
        ends += [one.until_us for one in glasses]
        patients |= {one.patient_id for one in glasses}
        # Who is on duty for the clinic is there for all of its patients, alerts that nobody is asked about included.
        on_duty = basis is Basis.NOW and clinic_id is not None and user_id in self._on_duty.get(clinic_id, ())
        by_team = role in BY_TEAM and clinic_id in of.by_team and not on_duty
        if by_team and clinic_id is not None:
            patients |= of.of_no_team.get(clinic_id, frozenset())
        elif clinic_id is not None:
            patients = set(self._elsewhere(patients, clinic_id))
        return Sight(by_team, frozenset(patients), frozenset(glasses)), min(ends)

    def _opened(self, user_id: int, now_us: int) -> list[Glass]:
        return [
            Glass(patient_id, glass_id, until_us)
            for who, patient_id, glass_id, until_us in self._sights.opened
            if who == user_id and now_us < until_us
        ]

    def _elsewhere(self, patients: Iterable[int], clinic_id: int) -> Iterable[int]:
        # Of a clinic that is seen as a whole nobody is listed: all who see it share what they are told.
        return (one for one in patients if self._sights.clinic_of.get(one) != clinic_id)
