"""How a box is, in one of five words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from clinician_api.administration.unit_view import ENDING_US, rank, standing, tag, view
from store.unit_admin import ManagedUnit

NOW = 1_800_000_000_000_000
GOOD = ManagedUnit(
    unit_id=1, name="u-1", label="Home", clinic_id=1, clinic="C", activated_us=0, revoked_us=None, patient_id=7,
    patient="Ada", treating=False, online=True, heard_us=NOW, since_us=NOW, clock_offset_s=0.1, synchronised=True,
    machine="connected", agent_version="1", outbox_rows=0, oldest_s=None, trouble="", settings_in_force=0,
    settings_trouble="", settings_newest=0, certificate_us=None, refused=0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("other", "word"),
    [
        ({}, "good"),
        ({"online": None}, "unknown"),
        ({"online": False}, "bad"),
        ({"certificate_us": NOW}, "bad"),
        ({"certificate_us": NOW + ENDING_US - 1}, "attention"),
        ({"certificate_us": NOW + ENDING_US}, "good"),
        ({"trouble": "disk"}, "attention"),
        ({"refused": 1}, "attention"),
        ({"synchronised": False}, "attention"),
        ({"clock_offset_s": -61.0}, "attention"),
        ({"oldest_s": 601.0}, "attention"),
        ({"settings_newest": 2, "settings_in_force": 1}, "attention"),
        ({"settings_trouble": "refused"}, "attention"),
        ({"online": False, "revoked_us": NOW}, "retired"),
    ],
)
def test_what_makes_it_so(other: dict[str, Any], word: str) -> None:
    assert standing(replace(GOOD, **other), NOW) == word


def test_the_worst_comes_first_and_nothing_is_good_because_nothing_was_heard() -> None:
    bad, unknown, look = (replace(GOOD, **other) for other in ({"online": False}, {"online": None}, {"refused": 1}))
    retired = replace(GOOD, revoked_us=NOW)
    assert sorted([retired, GOOD, look, unknown, bad], key=lambda unit: rank(unit, NOW)) == [
        bad, unknown, look, GOOD, retired,
    ]  # fmt: skip


def test_a_name_is_for_those_who_see_patients_and_the_tag_is_of_what_people_change() -> None:
    assert view(GOOD, NOW, names=True)["patient"] == "Ada"
    hidden = view(GOOD, NOW, names=False)
    assert (hidden["patient"], hidden["bound"]) == (None, True)
    assert tag(GOOD) == tag(replace(GOOD, heard_us=0, online=False))
    assert len({tag(GOOD), tag(replace(GOOD, patient_id=8)), tag(replace(GOOD, revoked_us=1))}) == 3
