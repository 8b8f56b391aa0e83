"""What another role or clinic leaves to a person."""

from __future__ import annotations

import pytest

from clinician_api.access import Role
from clinician_api.people.moves import move_of


@pytest.mark.parametrize(
    ("role", "clinic_id", "keeps", "leaves"),
    [
        (Role.ON_CALL, 1, ("clinical",), False),
        (Role.TECHNICIAN, 1, ("technical", "operations"), False),
        (Role.PATIENT, 1, (), False),
        (Role.NURSE, 2, (), True),
        (Role.ADMINISTRATOR, None, (), True),
    ],
)
def test_what_the_new_role_answers_too_stays_as_long_as_the_clinic_does(
    role: Role, clinic_id: int | None, keeps: tuple[str, ...], leaves: bool
) -> None:
    moved = move_of(7, 1, role, clinic_id)
    assert (moved.user_id, moved.role, moved.clinic_id) == (7, str(role), clinic_id)
    assert (moved.keeps, moved.leaves) == (keeps, leaves)
