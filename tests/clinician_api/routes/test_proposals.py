"""The second signature: by another nephrologist of the clinic, in time, once."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from clinician_api.access import Role
from clinician_api.services import learn_sights
from store import accounts, break_glass, pool, teams
from store.errors import StoreError
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import Api, parts, problem
from tests.clinician_api.prescribed import DANGEROUS, add_patient, own, propose, read
from tests.clinician_api.rotas import Duty


@pytest.fixture
def patient(api: Api) -> int:
    return add_patient(api)


def waiting(api: Api, patient: int) -> str:
    answer = propose(api.sign_in(name="Dr One"), patient, DANGEROUS)
    assert answer.status_code == 200, answer.text
    assert answer.json()["proposal"]["state"] == "waiting"
    number: str = answer.json()["proposal"]["proposal_id"]
    return number


def test_until_another_signs_the_old_limits_hold(api: Api, patient: int) -> None:
    number, one, two = waiting(api, patient), api.sign_in(name="Dr One"), api.sign_in(name="Dr Two")
    found = read(two, patient)[0]
    assert own(found, "R13", "high") is None
    assert found["waiting"]["proposal_id"] == number
    (listed,) = parts(two, "/api/proposals", "proposals")
    assert (listed["proposed_by"], listed["unit"], listed["replay"]["missed_high"]) == ("Dr One", "u-1", 1)

    signed = two.post(f"/api/proposals/{number}/sign")
    assert signed.status_code == 200, signed.text
    assert (signed.json()["proposal"]["state"], signed.json()["proposal"]["decided_by"]) == ("in force", "Dr Two")
    assert own(read(one, patient)[0], "R13", "high") == 320
    (step,) = parts(one, f"/api/patients/{patient}/prescription/history", "steps")
    assert (step["by"], step["signed_by"], step["verdict"]) == ("Dr One", "Dr Two", "dangerous widening")
    assert two.get("/api/proposals").json()["proposals"] == []
    with api.database() as conn:
        actions = conn.execute("SELECT action FROM audit_event WHERE subject = %s", [f"patient:{patient}"]).fetchall()
    assert {("propose dangerous widening",), ("sign dangerous widening",)} <= set(actions)
    assert problem(one.post(f"/api/proposals/{number}/withdraw"))["what"] == "it is in force already"


def test_the_same_person_does_not_sign_not_even_past_the_program(api: Api, patient: int) -> None:
    number, one = waiting(api, patient), api.sign_in(name="Dr One")
    refused = one.post(f"/api/proposals/{number}/sign")
    assert (refused.status_code, problem(refused)["what"]) == (409, "you have proposed it yourself")
    assert one.post(f"/api/proposals/{number}/reject", json={"reason": "not this way, please"}).status_code == 409
    with api.database() as conn, pytest.raises(StoreError), pool.transaction(conn):
        conn.execute(
            "INSERT INTO prescription_outcome SELECT proposal_id, 'in force', proposed_by, now(), ''"
            " FROM prescription_proposal"
        )
    assert own(read(one, patient)[0], "R13", "high") is None


def test_neither_another_role_nor_another_clinic_signs(api: Api, patient: int) -> None:
    number = waiting(api, patient)
    for role in (Role.NURSE, Role.ON_CALL, Role.ADMINISTRATOR):
        assert api.sign_in(role).post(f"/api/proposals/{number}/sign").status_code == 403
    other = api.sign_in(Role.NEPHROLOGIST, 2)
    assert other.post(f"/api/proposals/{number}/sign").status_code == 404
    assert other.get("/api/proposals").json()["proposals"] == []
    assert api.sign_in().post("/api/proposals/999/sign").status_code == 404


def test_nobody_signs_what_has_expired(api: Api, patient: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.prescribing.LIFE_US", 1)
    answer = propose(api.sign_in(name="Dr One"), patient, DANGEROUS)
    number, two = answer.json()["proposal"]["proposal_id"], api.sign_in(name="Dr Two")
    refused = two.post(f"/api/proposals/{number}/sign")
    assert (refused.status_code, problem(refused)["what"]) == (409, "it is expired")
    found = read(two, patient)[0]
    assert (found["waiting"], found["past"][0]["state"]) == (None, "expired")
    assert two.get("/api/proposals").json()["proposals"] == []
    assert own(found, "R13", "high") is None
    # Another one can be proposed.
    monkeypatch.undo()
    assert propose(two, patient, DANGEROUS).json()["proposal"]["state"] == "waiting"


def test_it_is_rejected_with_a_reason_or_withdrawn(api: Api, patient: int) -> None:
    one, two = api.sign_in(name="Dr One"), api.sign_in(name="Dr Two")
    number = waiting(api, patient)
    assert two.post(f"/api/proposals/{number}/withdraw").status_code == 409
    assert two.post(f"/api/proposals/{number}/reject", json={"reason": "no"}).status_code == 422
    said = two.post(f"/api/proposals/{number}/reject", json={"reason": "look at the needle first"}).json()["proposal"]
    assert (said["state"], said["decided_reason"]) == ("rejected", "look at the needle first")
    assert two.post(f"/api/proposals/{number}/sign").status_code == 409
    number = waiting(api, patient)
    assert one.post(f"/api/proposals/{number}/withdraw").json()["proposal"]["state"] == "withdrawn"
    assert two.post(f"/api/proposals/{number}/sign").status_code == 409
    assert own(read(one, patient)[0], "R13", "high") is None


def test_of_several_at_once_one_outcome(api: Api, patient: int) -> None:
    number = waiting(api, patient)
    one, two, three = (api.sign_in(name=name) for name in ("Dr One", "Dr Two", "Dr Three"))
    asked = [
        lambda: two.post(f"/api/proposals/{number}/sign"),
        lambda: three.post(f"/api/proposals/{number}/reject", json={"reason": "look at the needle first"}),
        lambda: one.post(f"/api/proposals/{number}/withdraw"),
    ]
    with ThreadPoolExecutor(3) as together:
        answers = [done.result().status_code for done in [together.submit(ask) for ask in asked]]
    assert sorted(answers) == [200, 409, 409]
    assert own(read(one, patient)[0], "R13", "high") == (320 if answers[0] == 200 else None)


def by_team(api: Api, patient: int) -> int:
    """The clinic goes by team; the patient is of one that nobody belongs to. Its number."""
    with api.database() as conn:
        team = teams.add(conn, 1, "East", SystemClock().now_us())
        assert teams.put_patient(conn, team, patient)
        teams.go_by_team(conn, "Clinic 1", by_team=True)
    learn(api)
    return team


def learn(api: Api) -> None:
    asyncio.run_coroutine_threadsafe(learn_sights(api.services), api.loop).result(5)


@pytest.mark.parametrize("clinic", [1, 2])
def test_who_sees_the_patient_for_the_moment_only_neither_signs_nor_rejects(
    api: Api, patient: int, clinic: int
) -> None:
    """By a broken glass, of the same clinic or another; as a member of the patient's team, until a day, they do."""
    number, other = waiting(api, patient), api.sign_in(Role.NEPHROLOGIST, clinic, "Dr Other")
    team = by_team(api, patient)
    with api.database() as conn:
        email = api.account(Role.NEPHROLOGIST, clinic, "Dr Other")
        user_id = next(one.user_id for one in accounts.list_users(conn) if one.email == email)
        now_us = SystemClock().now_us()
        break_glass.open_glass(conn, user_id, patient, "called by the family", now_us, now_us + 3_600_000_000)
    learn(api)
    (listed,) = other.get("/api/proposals").json()["proposals"]
    assert (listed["proposal_id"], listed["may_sign"]) == (number, False)
    assert not read(other, patient)[0]["waiting"]["may_sign"]

    def both() -> list[int]:
        said = {"reason": "look at the needle first"}
        return [
            other.post(f"/api/proposals/{number}/sign").status_code,
            other.post(f"/api/proposals/{number}/reject", json=said).status_code,
        ]

    assert both() == [403, 403]
    refused = problem(other.post(f"/api/proposals/{number}/sign"))
    assert refused["what"] == "you see this patient for the moment only"
    assert own(read(other, patient)[0], "R13", "high") is None
    with api.database() as conn:
        teams.put_member(conn, team, user_id, now_us + 3_600_000_000)
    learn(api)
    assert other.get("/api/proposals").json()["proposals"][0]["may_sign"]
    assert both() == [200, 409]
    assert own(read(other, patient)[0], "R13", "high") == 320


def test_a_nephrologist_of_the_clinic_s_shift_does_not_sign_for_another_team(api: Api, patient: int) -> None:
    number, duty = waiting(api, patient), Duty(api)
    by_team(api, patient)
    duty.person(1, "Dora", Role.NEPHROLOGIST)
    duty.weekly(1, "Dora")
    learn(api)
    dora = duty.sign_in(1, "Dora", Role.NEPHROLOGIST)
    assert [one["proposal_id"] for one in dora.get("/api/proposals").json()["proposals"]] == [number]
    assert dora.post(f"/api/proposals/{number}/sign").status_code == 403
    said = {"reason": "look at the needle first"}
    assert dora.post(f"/api/proposals/{number}/reject", json=said).status_code == 403


def test_its_proposer_takes_it_back_by_whatever_they_see_the_patient(api: Api, patient: int) -> None:
    number, one = waiting(api, patient), api.sign_in(name="Dr One")
    by_team(api, patient)
    assert one.post(f"/api/proposals/{number}/withdraw").status_code == 404
    assert one.post("/api/break-glass", json={"whom": "u-1", "reason": "it was a mistake"}).status_code == 200
    assert one.post(f"/api/proposals/{number}/withdraw").json()["proposal"]["state"] == "withdrawn"
