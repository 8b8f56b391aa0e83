"""Prescription and limits over HTTP: what holds, what was, a look at the past, and proposing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from clinician_api.access import Role
from evaluation import contexts
from store import audit, care, registry
from store.care import Entry
from telemetry.care import Arranged, Limits
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import Api, parts, problem
from tests.clinician_api.prescribed import DANGEROUS, REASON, WIDER, add_patient, look, own, propose, read


@pytest.fixture
def patient(api: Api) -> int:
    return add_patient(api)


def test_what_holds_stands_beside_the_rules_own_with_ranges_and_units(api: Api, patient: int) -> None:
    found, _ = read(api.sign_in(Role.NURSE), patient)
    (venous,) = [rule for rule in found["rules"] if rule["rule"] == "R13"]
    high = next(level for level in venous["levels"] if level["name"] == "high")
    assert {name: high[name] for name in ("unit", "usual", "own", "low", "high", "less", "vital")} == {
        "unit": "mmHg", "usual": [300.0], "own": None, "low": 150.0, "high": 500.0, "less": "higher", "vital": True,
    }  # fmt: skip
    items = {one["item"]: one for one in found["items"]}
    assert (items["prescribed_spktv"]["value"], items["target_weight_kg"]["unit"]) == (None, "kg")
    assert next(rule for rule in found["between"] if rule["rule"] == "R25")["limits"][0]["usual"] == 10
    of_unit = api.sign_in(Role.ON_CALL).get("/api/units/u-1/prescription")
    assert of_unit.json() == found


def test_a_look_at_the_past_says_what_would_not_have_been_told(api: Api, patient: int) -> None:
    seen = look(api.sign_in(), patient, {"limits": {"R13": {"high": 330, "medium": 300}}})
    summary = seen["summary"]
    assert (summary["treatments"], summary["old"], summary["new"], summary["missed_high"]) == (2, 2, 1, 1)
    (venous,) = summary["rules"]
    assert venous["missed_high"][0]["priority"] == "high"
    assert seen["verdict"] == "dangerous widening"
    assert [(one["name"], one["why"]) for one in seen["changes"]] == [
        ("high", "beyond the rule's own at a level that must be told"),
        ("medium", "less is told than by the rule's own"),
    ]  # fmt: skip


def test_what_is_taken_back_and_what_is_prescribed_is_tried_too(api: Api, patient: int) -> None:
    client = api.sign_in()
    assert propose(client, patient, {"limits": {"R13": {"medium": 260}}}).status_code == 200
    back = look(client, patient, {"limits": {"R13": {"medium": None}}})
    assert back["verdict"] == "narrowing"
    # Of the treatments of long ago nothing changes: the rule's own held then, too.
    assert back["summary"]["old"] == back["summary"]["new"] == 2
    pressure = look(client, patient, {"items": {"transmembrane_limit_mmhg": 250}})
    assert pressure["summary"]["treatments"] == 2


def test_a_change_that_is_not_dangerous_holds_at_once_and_reaches_the_rules(api: Api, patient: int) -> None:
    client = api.sign_in()
    answer = propose(client, patient, {**WIDER, "items": {"prescribed_spktv": 1.4, "target_weight_kg": 71.5}})
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert (made["proposal"]["state"], made["proposal"]["verdict"]) == ("in force", "widening")
    assert made["proposal"]["replay"]["treatments"] == 2
    assert own(made["prescription"], "R13", "medium") == 280
    with api.database() as conn:
        unit = registry.unit_by_name(conn, "u-1")
        context = contexts.contexts(conn, [unit.unit_id], SystemClock().now_us())[unit.unit_id]
        assert (context.limits, context.prescribed_spktv, context.target_weight_kg) == ({"R13 medium": 280}, 1.4, 71.5)
        deeds = conn.execute("SELECT action, subject FROM audit_event WHERE action NOT LIKE 'look%'").fetchall()
        assert ("change limits", f"patient:{patient}") in deeds
        assert audit.verify(conn).broken is None
    steps = parts(client, f"/api/patients/{patient}/prescription/history", "steps")
    assert [(one["rule"], one["item"], one["value"], one["limits"]) for one in steps] == [
        ("", "target_weight_kg", 71.5, {}), ("", "prescribed_spktv", 1.4, {}), ("R13", "", None, {"medium": 280.0}),
    ]  # fmt: skip
    assert {(one["by"], one["reason"], one["signed_by"]) for one in steps} == {("nephrologist of 1", REASON, None)}


def test_what_is_to_be_delivered_is_prescribed_at_once_and_changes_no_rule(api: Api, patient: int) -> None:
    client = api.sign_in()
    wanted = {"prescribed_blood_flow_ml_min": 300, "prescribed_ultrafiltration_ml": 2500, "prescribed_spktv": 1.4}
    shown = look(client, patient, {"items": wanted})
    assert shown["summary"]["old"] == shown["summary"]["new"]
    made = propose(client, patient, {"items": wanted}).json()
    assert (made["proposal"]["state"], made["proposal"]["verdict"]) == ("in force", "narrowing")
    now = {one["item"]: one["value"] for one in made["prescription"]["items"]}
    assert {name: now[name] for name in wanted} == wanted
    assert (now["prescribed_dialysate_flow_ml_min"], made["prescription"]["treatment_min"]) == (None, None)
    lines = [one for one in made["prescription"]["lines"] if one["signal"] == "blood_flow" and one["rule"] == ""]
    assert [(one["kind"], one["value"]) for one in lines] == [("prescribed", 300)]
    with api.database() as conn:
        unit = registry.unit_by_name(conn, "u-1")
        context = contexts.contexts(conn, [unit.unit_id], SystemClock().now_us())[unit.unit_id]
        assert (context.prescribed_spktv, context.limits) == (1.4, {})


def test_who_may_do_what(api: Api, patient: int) -> None:
    tag = read(api.sign_in(), patient)[1]
    for role, sees in ((Role.NURSE, 200), (Role.ON_CALL, 200), (Role.ADMINISTRATOR, 200), (Role.TECHNICIAN, 403)):
        client = api.sign_in(role)
        assert client.get(f"/api/patients/{patient}/prescription").status_code == sees, role
        path = f"/api/patients/{patient}/prescription"
        assert client.post(f"{path}/replay", json=WIDER).status_code == 403
        content = {**WIDER, "reason": REASON}
        assert client.post(f"{path}/proposals", json=content, headers={"If-Match": tag}).status_code == 403
        assert client.get("/api/proposals").status_code == 403
    other = api.sign_in(Role.NEPHROLOGIST, 2)
    for path in ("prescription", "prescription/history"):
        assert other.get(f"/api/patients/{patient}/{path}").status_code == 404
    assert other.post(f"/api/patients/{patient}/prescription/replay", json=WIDER).status_code == 404
    assert api.sign_in().get("/api/patients/999/prescription").status_code == 404
    assert api.sign_in().get("/api/units/u-999/prescription").status_code == 404


@pytest.mark.parametrize(
    ("change", "where", "says"),
    [
        ({"limits": {"R13": {"high": 42}}}, "body.limits.R13.high", "150 to 600"),
        ({"limits": {"R13": {"medium": 305}}}, "body.limits.R13.medium", "at most high, which is 300"),
        ({"limits": {"R14": {"high": -190}}}, "body.limits.R14.high", "at least high, which is \N{MINUS SIGN}190"),
        ({"limits": {"R33": {"high": 42}}}, "body.limits.R33", "silence is the line's"),
        ({"items": {"prescribed_spktv": 14}}, "body.items.prescribed_spktv", "0.1 to 4"),
        ({"items": {"target_weight_kg": None}}, "body.items.target_weight_kg", "not taken back"),
        ({"items": {"blood_type": 1}}, "body.items.blood_type", "what is prescribed is one of"),
        ({}, "body.limits", "nothing is changed"),
        ({"limits": {"R13": {"high": "320"}}}, "body.limits.R13.high", "valid number"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    api: Api, patient: int, change: dict[str, Any], where: str, says: str
) -> None:
    client = api.sign_in()
    for path, more in (("replay", {}), ("proposals", {"reason": REASON})):
        answer = client.post(
            f"/api/patients/{patient}/prescription/{path}", json={**change, **more},
            headers={"If-Match": read(client, patient)[1]},
        )  # fmt: skip
        assert answer.status_code == 422
        (wrong,) = problem(answer)["errors"]
        assert wrong["where"].startswith(where)
        assert says in wrong["why"]


def test_two_values_that_cannot_be_are_both_said(api: Api, patient: int) -> None:
    change = {"limits": {"R13": {"high": 1}}, "items": {"prescribed_spktv": 9}}
    answer = api.sign_in().post(f"/api/patients/{patient}/prescription/replay", json=change)
    assert [one["where"] for one in problem(answer)["errors"]] == [
        "body.limits.R13.high", "body.items.prescribed_spktv",
    ]  # fmt: skip


def test_nothing_is_saved_that_was_not_looked_at(api: Api, patient: int) -> None:
    client = api.sign_in()
    mine = look(client, patient, WIDER)["replay_id"]
    theirs = look(api.sign_in(name="Dr Other"), patient, WIDER)["replay_id"]
    for change, replay_id, says in (
        (WIDER, None, "look first"), (WIDER, theirs, "of yours"), (WIDER, "999", "of yours"),
        ({"limits": {"R13": {"medium": 281}}}, mine, "other limits"),
    ):  # fmt: skip
        answer = propose(client, patient, change, replay_id=replay_id)
        assert answer.status_code == 422, answer.text
        assert (problem(answer)["where"], says in problem(answer)["hint"]) == ("body.replay_id", True)
    assert own(read(client, patient)[0], "R13", "medium") is None
    assert propose(client, patient, WIDER, replay_id=mine).status_code == 200


def test_a_look_of_the_day_before_yesterday_does_not_count(
    api: Api, patient: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.prescribing.SEEN_WITHIN_US", 0)
    assert "too long ago" in propose(api.sign_in(), patient, WIDER).text


def test_without_a_stored_treatment_it_has_to_be_said_that_nothing_could_be_tried(api: Api) -> None:
    patient, client = add_patient(api, is_treated=False), api.sign_in()
    assert look(client, patient, WIDER)["summary"]["treatments"] == 0
    refused = propose(client, patient, WIDER)
    assert (refused.status_code, problem(refused)["where"]) == (422, "body.without_treatments")
    assert propose(client, patient, WIDER, without_treatments=True).status_code == 200


def test_whoever_read_an_older_version_is_told_the_newer_one(api: Api, patient: int) -> None:
    client, tag = api.sign_in(), read(api.sign_in(), patient)[1]
    with api.database() as conn:
        entry = Entry(Arranged(1, Limits(rule="R14", limits={"medium": -210.0})), "os:ann", "old needle", 1)
        care.arrange(conn, patient, entry)
    answer = propose(client, patient, WIDER, tag)
    assert answer.status_code == 412
    assert own(problem(answer)["current"], "R14", "medium") == -210
    assert own(read(client, patient)[0], "R13", "medium") is None
    for none in ("*", ""):
        assert propose(client, patient, WIDER, none).status_code in (412, 422)
    headers_without = client.post(
        f"/api/patients/{patient}/prescription/proposals", json={**WIDER, "reason": REASON}
    )  # fmt: skip
    assert problem(headers_without)["where"] == "header.If-Match"


def test_of_two_editors_at_once_one_wins(api: Api, patient: int) -> None:
    people = [api.sign_in(name=name) for name in ("Dr One", "Dr Two", "Dr Three")]
    tag = read(people[0], patient)[1]
    changes = [{"limits": {"R13": {"medium": 270.0 + n}}} for n in range(3)]
    seen = [look(one, patient, change)["replay_id"] for one, change in zip(people, changes, strict=True)]
    with ThreadPoolExecutor(3) as pool:
        answers = list(
            pool.map(lambda n: propose(people[n], patient, changes[n], tag, replay_id=seen[n]).status_code, range(3))
        )
    assert sorted(answers) == [200, 412, 412]
    assert own(read(people[0], patient)[0], "R13", "medium") == 270.0 + answers.index(200)


def test_an_ordinary_change_is_not_held_up_by_one_that_waits_and_overtakes_it(api: Api, patient: int) -> None:
    client, other = api.sign_in(name="Dr One"), api.sign_in(name="Dr Two")
    waiting = propose(client, patient, DANGEROUS).json()["proposal"]["proposal_id"]
    assert "waits for its signature" in propose(other, patient, {"limits": {"R14": {"high": -280}}}).text
    assert propose(other, patient, {"limits": {"R14": {"medium": -190}}}).status_code == 200
    answer = other.post(f"/api/proposals/{waiting}/sign")
    assert answer.status_code == 409
    assert problem(answer)["current"]["proposal"]["state"] == "overtaken"
    assert read(client, patient)[0]["waiting"] is None


@pytest.mark.parametrize("reason", ["", "x", "          ", " short    "])
def test_a_reason_is_one(api: Api, patient: int, reason: str) -> None:
    answer = propose(api.sign_in(), patient, WIDER, reason=reason)
    assert (answer.status_code, problem(answer)["where"]) == (422, "body.reason")
