"""Whose sight is what: ends come by time alone, and whoever sees the same has the same object."""

from __future__ import annotations

import pytest

from clinician_api.access import Role
from clinician_api.teams.sight import OPEN, Basis, Glass
from clinician_api.teams.sight_book import SightBook
from store.sights import Sights

# Patients 1 and 2 are of teams 10 and 20 of clinic 1, which goes by team; 3 is in none; 4 is of clinic 2.
CLINIC_OF = {1: 1, 2: 1, 3: 1, 4: 2}


def book(**fields: object) -> SightBook:
    made = SightBook()
    base = {
        "by_team": frozenset({1}), "team_patients": {10: frozenset({1}), 20: frozenset({2})},
        "of_no_team": {1: frozenset({3})}, "clinic_of": CLINIC_OF,
    }  # fmt: skip
    on_duty = fields.pop("on_duty", {})
    assert made.put(Sights(**{**base, **fields}), on_duty)  # type: ignore[arg-type]
    return made


def test_a_membership_ends_by_time_alone() -> None:
    made = book(members=((7, 10, 100), (7, 20, None)))
    assert made.of_person(7, Role.NURSE, 1, 99).patients == {1, 2, 3}
    assert made.of_person(7, Role.NURSE, 1, 100).patients == {2, 3}


def test_a_glass_ends_by_time_alone_and_is_told() -> None:
    made = book(opened=((7, 1, 5, 100),))
    assert made.of_person(7, Role.NURSE, 1, 99).glasses == {Glass(1, 5, 100)}
    assert made.of_person(7, Role.NURSE, 1, 100).patients == {3}


def test_who_sees_the_same_has_the_same_object() -> None:
    made = book(members=((7, 10, None), (8, 10, None), (9, 20, None)))
    seven, eight = made.of_person(7, Role.NURSE, 1, 0), made.of_person(8, Role.NURSE, 1, 0)
    assert seven is eight
    assert seven is made.of_screen(10, 1)
    assert made.of_person(9, Role.NURSE, 1, 0) != seven


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.TECHNICIAN, Role.OPERATIONS])
def test_who_has_no_patients_of_their_own_is_not_bound_by_teams(role: Role) -> None:
    assert book().of_person(7, role, 1, 0) == OPEN


def test_where_the_clinic_is_seen_as_a_whole_nobody_of_it_is_listed() -> None:
    made = book(by_team=frozenset(), members=((7, 10, None),), asked={7: frozenset({2, 4})})
    assert made.of_person(7, Role.NURSE, 1, 0).patients == {4}
    assert made.of_person(8, Role.NURSE, 1, 0) is made.of_person(9, Role.NURSE, 1, 0)


def test_who_is_on_duty_sees_all_of_the_clinic_and_no_other() -> None:
    made = book(on_duty={1: frozenset({7})})
    assert made.of_person(7, Role.ON_CALL, 1, 0) == OPEN
    assert made.of_person(8, Role.ON_CALL, 1, 0).by_team


def test_a_screen_without_a_team_shows_its_clinic_and_one_whose_team_is_gone_whom_nobody_has() -> None:
    made = book()
    assert made.of_screen(None, 1) == OPEN
    assert made.of_screen(99, 1).patients == {3}


def test_the_same_again_is_no_change() -> None:
    made = SightBook()
    assert not made.put(Sights(), {})
    assert made.put(Sights(by_team=frozenset({1})), {1: frozenset({7})})
    assert not made.put(Sights(by_team=frozenset({1})), {1: frozenset({7})})


def test_what_passes_is_no_basis_for_what_stays() -> None:
    made = book(
        members=((7, 10, 100), (8, 20, None)), opened=((8, 1, 5, 100),), asked={8: frozenset({1})},
        on_duty={1: frozenset({9})},
    )  # fmt: skip

    def patients(user_id: int, basis: Basis) -> frozenset[int]:
        return made.of_person(user_id, Role.NURSE, 1, 0, basis).patients

    assert [patients(7, basis) for basis in Basis] == [{1, 3}, {1, 3}, {3}], "a membership until a day is given"
    assert [patients(8, basis) for basis in Basis] == [{1, 2, 3}, {2, 3}, {2, 3}]
    assert [made.of_person(9, Role.NURSE, 1, 0, basis).by_team for basis in Basis] == [False, True, True]
    assert made.of_person(7, Role.NURSE, 1, 100, Basis.GIVEN).patients == {3}
    assert made.of_person(8, Role.NURSE, 1, 0, Basis.LASTING).glasses == frozenset()
