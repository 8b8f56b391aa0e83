"""What the provider says of a person, in our words."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clinician_api.access import Role
from clinician_api.signin.claims import person, values
from clinician_api.signin.options import HospitalOptions
from clinician_api.signin.reasons import Reason, Refused

OPTIONS = HospitalOptions(
    issuer="https://id.example", client_id="homehd", public_url="https://hd.example",
    role_claim="realm_access.roles", roles={"HD-DOC": "nephrologist", "HD-NURSE": "nurse", "HD-P": "patient"},
    clinic_claim="ward", clinics={"W1": "Clinic 1"},
)  # fmt: skip
CLAIMS: dict[str, Any] = {
    "sub": "s", "email": " a@b.example ", "email_verified": True, "name": "Ann", "ward": ["W1", "W2"],
    "realm_access": {"roles": ["x", "HD-NURSE", "HD-DOC"]},
}  # fmt: skip


def test_of_several_roles_the_first_of_the_mapping() -> None:
    found = person(CLAIMS, OPTIONS)
    assert (found.email, found.name, found.role, found.clinic) == ("a@b.example", "Ann", Role.NEPHROLOGIST, "Clinic 1")


def test_a_claim_is_a_text_or_a_list_by_its_name_or_its_path() -> None:
    assert values({"a.b": "x", "a": {"b": "y"}}, "a.b") == ["x"]
    assert values({"a": {"b": ["y", 1, None]}}, "a.b") == ["y"]
    for nothing in ({}, {"a": 1}, {"a": {"b": 7}}, {"a": ["b"]}):
        assert values(nothing, "a.b") == []


@pytest.mark.parametrize("verified", [False, "false", None, 1, "yes"])
def test_an_address_nobody_vouches_for_finds_no_account(verified: object) -> None:
    assert person({**CLAIMS, "email_verified": verified}, OPTIONS).email == ""


@pytest.mark.parametrize("email", [None, 7, "", "a", "@b", "a@", "a\0@b.c", "x" * 260 + "@b.c", ["a@b.c"]])
def test_what_is_no_address_is_none(email: object) -> None:
    assert person({**CLAIMS, "email": email}, OPTIONS).email == ""


def test_a_role_that_may_not_come_in_this_way_is_none() -> None:
    with pytest.raises(Refused) as caught:
        person({**CLAIMS, "realm_access": {"roles": ["HD-P"]}}, OPTIONS)
    assert caught.value.reason is Reason.NO_ROLE


def test_a_clinician_without_a_clinic_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        person({**CLAIMS, "ward": "W7"}, OPTIONS)
    assert caught.value.reason is Reason.NO_CLINIC


@pytest.mark.parametrize("role", ["administrator", "technician", "operations"])
def test_of_all_clinics_is_who_is_said_to_be_and_nobody_by_default(role: str) -> None:
    options = msgspec.structs.replace(
        OPTIONS, roles={"HD-NURSE": "nurse", "HD-X": role}, clinics={"ALL": "*", "W1": "Clinic 1"}
    )
    claims = {**CLAIMS, "realm_access": {"roles": ["HD-X"]}}
    for ward in ("W7", [], None):
        with pytest.raises(Refused) as caught:
            person({**claims, "ward": ward}, options)
        assert caught.value.reason is Reason.NO_CLINIC
    assert person({**claims, "ward": ["ALL", "W1"]}, options).clinic == "*"
    assert person({**CLAIMS, "ward": ["ALL", "W1"]}, options).clinic == "Clinic 1", "no role for all clinics"
    with pytest.raises(Refused):
        person({**CLAIMS, "ward": "ALL"}, options)
