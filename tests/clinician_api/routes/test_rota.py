"""Who is on call over HTTP and the socket: two clinics, every word on record, one outcome for two at once.

All that `clinician_api.duty.duty_changes` does goes through here.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from alerts.rota.local_time import DAY_US
from clinician_api.access import Role
from clinician_api.settings import ApiOptions
from evaluation import rota_changes
from store import rota
from store.errors import StoreError, Trouble
from telemetry.clock import SystemClock
from telemetry.rota import Audience, Override, Source
from tests.clinician_api.conftest import Api, start_api, until
from tests.clinician_api.rotas import Duty, shifts

HOUR_US = 3_600_000_000


@pytest.fixture
def duty(api: Api) -> Duty:
    """Clinic 1: Ann and Bob in turn, Bob and Ann as backup. Clinic 2: Cy and Dee."""
    made = Duty(api)
    made.weekly(1, "Ann", "Bob")
    made.weekly(1, "Bob", "Ann", line=2)
    made.weekly(2, "Cy", "Dee")
    api.add_unit("u-1", "Clinic 1", "Patient of 1")
    api.add_unit("u-2", "Clinic 2", "Patient of 2")
    made.sign_in(1, "Ann").get("/api/coverage")
    return made


def clinical(duty: dict[str, Any], clinic: str = "Clinic 1") -> dict[str, Any]:
    (found,) = [one for one in duty["clinics"] if one["clinic"] == clinic]
    (one,) = [one for one in found["coverage"] if one["audience"] == "clinical"]
    return dict(one)


def test_coverage_says_who_until_when_and_what_is_doubtful(api: Api, duty: Duty) -> None:
    nurse = duty.sign_in(1, "Ann")

    def now() -> dict[str, Any]:
        return clinical(nurse.get("/api/coverage").json())

    found = now()
    assert (found["state"], found["primary"]["why_not"]) == ("untested", "")
    has = found["primary"]["person"]
    assert {has, found["backup"]["person"]} == {"Ann", "Bob"}
    until_ = datetime.fromisoformat(found["primary"]["until"])
    assert (until_.hour, until_.minute) == (8, 0) and until_.utcoffset() in (timedelta(hours=1), timedelta(hours=2))
    duty.tested(duty.person(1, has))
    assert now()["state"] == "not accepted"
    client = duty.sign_in(1, has)
    mine = next(one for one in shifts(client) if one["yours"])
    assert mine["may"] == ["accept", "decline"] and mine["waits"]
    assert client.post(f"/api/rota/shifts/{mine['shift_id']}/accept", json={}).status_code == 200
    assert now()["state"] == "covered"
    duty.nobody(1)
    assert (now()["state"], now()["primary"]["why_not"]) == ("not covered", "nobody is named")
    assert now()["primary"]["next_hole"]["end"] is None


def test_the_screens_are_told_at_once_of_a_change_here_and_within_seconds_of_one_elsewhere(
    api: Api, duty: Duty
) -> None:
    screen, other = api.open_socket(duty.sign_in(1, "Ann")), api.open_socket(duty.sign_in(2, "Cy"))
    seen, elsewhere = screen.subscribe()["duty"], other.subscribe()["duty"]
    assert [one["clinic"] for one in seen["clinics"]] == ["Clinic 1"]
    assert [one["clinic"] for one in elsewhere["clinics"]] == ["Clinic 2"]
    client = duty.sign_in(1, clinical(seen)["primary"]["person"])
    mine = next(one for one in shifts(client) if one["yours"])
    client.post(f"/api/rota/shifts/{mine['shift_id']}/accept", json={})
    # A look at the store may come between, and tell what was so before.
    told = screen.next("status", where=lambda s: s["duty"] is not None and clinical(s["duty"])["primary"]["accepted"])
    told = told["duty"]
    assert told["clinics"][0]["revision"] != seen["clinics"][0]["revision"]
    duty.nobody(1)
    gone = screen.next("status", where=lambda status: status["duty"] is not None)["duty"]
    assert clinical(gone)["state"] == "not covered"
    quiet = other.next("status", where=lambda status: status["duty"] is not None)["duty"]
    assert quiet == elsewhere, "another clinic's is told nothing new"


def test_nobody_knows_while_the_database_is_away(api: Api, duty: Duty, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = api.open_socket(duty.sign_in(1, "Ann"))
    assert screen.subscribe()["duty"]["known"]
    monkeypatch.setattr("clinician_api.live.feeds.MISSED_SYNCS", -1)
    told = screen.next("status", where=lambda status: status["duty"] is not None and not status["duty"]["known"])
    assert told["duty"] == {"known": False, "clinics": [], "selftest": None}


def test_a_clinic_sees_and_changes_its_own_and_shifts_tile_the_stretch(api: Api, duty: Duty) -> None:
    ann = duty.sign_in(1, "Ann")
    rotas = ann.get("/api/rota").json()["rotas"]
    assert {(one["clinic"], one["line"]) for one in rotas} == {("Clinic 1", "primary"), ("Clinic 1", "backup")}
    found = rotas[0]["shifts"]
    assert all(one["end"] == other["start"] for one, other in itertools.pairwise(found))
    (theirs,) = duty.sign_in(2, "Cy").get("/api/rota").json()["rotas"]
    shift = theirs["shifts"][0]["shift_id"]
    chief = duty.sign_in(1, "Chief", Role.NEPHROLOGIST)
    for client, what, body in (
        (ann, "accept", {}), (chief, "override", {"person_id": None, "reason": "none"}),
        (chief, "swap", {"other": shift, "reason": "none"}),
    ):  # fmt: skip
        assert client.post(f"/api/rota/shifts/{shift}/{what}", json=body).status_code == 404
    assert ann.post(f"/api/rota/shifts/{found[0]['shift_id']}/override", json={}).status_code == 403
    across = duty.sign_in(None, "Boss", Role.ADMINISTRATOR).get("/api/rota").json()["rotas"]
    assert {one["clinic"] for one in across} == {"Clinic 1", "Clinic 2"}
    assert all(one["people"] == [] for one in across)
    assert duty.sign_in(None, "Lost", Role.NURSE).get("/api/rota").json()["rotas"] == []


def test_a_rota_of_all_clinics_is_shown_to_each_and_is_nobodys_there_to_change(api: Api, duty: Duty) -> None:
    with api.database() as conn:
        rota_changes.add(conn, None, Audience.TECHNICAL, 1, "Europe/Berlin", duty.written())
    chief = duty.sign_in(1, "Chief", Role.NEPHROLOGIST)
    (technical,) = [one for one in chief.get("/api/rota").json()["rotas"] if one["audience"] == "technical"]
    assert (technical["clinic"], technical["people"]) == (None, [])
    (shift,) = technical["shifts"]
    assert (shift["start"], shift["end"], shift["covered"], shift["may"]) == (None, None, False, [])
    body = {"person_id": None, "reason": "none"}
    refused = chief.post(f"/api/rota/shifts/{shift['shift_id']}/override", json=body)
    assert (refused.status_code, refused.json()["what"]) == (403, "not yours to change")


def test_a_nephrologist_changes_who_has_a_shift_and_takes_it_back_on_record(api: Api, duty: Duty) -> None:
    chief = duty.sign_in(1, "Chief", Role.NEPHROLOGIST)
    first, second = shifts(chief)[:2]
    assert first["may"] == ["override", "swap"]
    people = {one["name"]: one["person_id"] for one in chief.get("/api/rota").json()["rotas"][0]["people"]}
    assert set(people) == {"Ann", "Bob", "Chief"}
    path = f"/api/rota/shifts/{second['shift_id']}"
    changed = chief.post(f"{path}/override", json={"person_id": people["Chief"], "reason": "course"}).json()["rota"]
    taken = next(one for one in changed["shifts"] if one["start"] == second["start"])
    assert (taken["person"], taken["yours"], taken["source"]) == ("Chief", True, "override")
    (written,) = changed["overrides"]
    assert written["may_withdraw"]
    late = chief.post(f"{path}/override", json={"person_id": None, "reason": "later"})
    assert late.status_code == 409 and "Chief has it from" in late.json()["hint"]
    back = f"/api/rota/overrides/{written['override_id']}/withdraw"
    assert duty.sign_in(1, "Ann").post(back, json={"reason": "no"}).status_code == 403
    assert chief.post(back, json={"reason": " "}).status_code == 422
    restored = chief.post(back, json={"reason": "no course"}).json()["rota"]
    assert [one["shift_id"] for one in restored["shifts"]][:2] == [first["shift_id"], second["shift_id"]]
    swapped = chief.post(f"{path}/swap", json={"other": first["shift_id"], "reason": "holiday"}).json()["rota"]
    assert {one["source"] for one in swapped["overrides"]} == {"swap"}
    assert next(one for one in swapped["shifts"] if one["start"] == second["start"])["person"] == first["person"]
    actor = f"user:{duty.person(1, 'Chief', Role.NEPHROLOGIST)}"
    own = [(action, subject) for who, action, subject in duty.deeds() if who == actor]
    assert own == [(what, f"rota:{duty.rotas[1]}") for what in ("override", "withdraw override", "swap")]


def test_what_cannot_be_is_refused_in_words_and_changes_nothing(api: Api, duty: Duty) -> None:
    chief = duty.sign_in(1, "Chief", Role.NEPHROLOGIST)
    first, second = shifts(chief)[:2]
    path, before = f"/api/rota/shifts/{second['shift_id']}", duty.deeds()
    stranger = str(duty.person(2, "Cy"))
    for what, body, status, words in (
        ("override", {"person_id": stranger, "reason": "x"}, 409, "another clinic"),
        ("override", {"person_id": None, "reason": ""}, 422, ""),
        ("override", {"person_id": None, "reason": "x", "end": "2031-01-01T00:00:00Z"}, 422, "a part of it"),
        ("override", {"person_id": None, "reason": "x", "end": "2026-01-01T00:00:00"}, 422, "2026-03-01T08:00:00Z"),
        ("swap", {"other": second["shift_id"], "reason": "x"}, 409, "one person"),
        ("swap", {"other": "nonsense", "reason": "x"}, 422, "GET /api/rota"),
        ("swap", {"other": f"9{first['shift_id']}", "reason": "x"}, 422, "one rota"),
        ("accept", {}, 409, "your own"),
    ):
        answer = chief.post(f"{path}/{what}", json=body)
        assert answer.status_code == status, (what, body, answer.text)
        assert words in answer.json()["hint"], answer.text
    for nonsense, status in (("1-2-1-1", 404), ("9-1-2-1", 404), ("0", 422), ("1-1-2", 422)):
        assert chief.post(f"/api/rota/shifts/{nonsense}/accept", json={}).status_code == status
    assert duty.deeds() == before


def together(*deeds: Callable[[], httpx.Response]) -> list[httpx.Response]:
    """Done in the same moment, each in a thread."""
    start = threading.Barrier(len(deeds))

    def run(deed: Callable[[], httpx.Response]) -> httpx.Response:
        start.wait(10)
        return deed()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def test_of_two_who_change_a_shift_at_once_one_has_it_and_the_other_reads_who(api: Api, duty: Duty) -> None:
    clients = {name: duty.sign_in(1, name, Role.NEPHROLOGIST) for name in ("Chief", "Deputy")}
    chief = clients["Chief"]
    people = {one["name"]: one["person_id"] for one in chief.get("/api/rota").json()["rotas"][0]["people"]}
    for later in (1, 2):
        shift = shifts(chief)[later]
        path = f"/api/rota/shifts/{shift['shift_id']}/override"
        answers = together(
            *(
                partial(client.post, path, json={"person_id": people[name], "reason": "mine"})
                for name, client in clients.items()
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        now = next(one for one in shifts(chief) if one["start"] == shift["start"])["person"]
        assert now == list(clients)[[answer.status_code for answer in answers].index(200)]
        (loser,) = [answer for answer in answers if answer.status_code == 409]
        assert loser.json()["hint"].startswith(f"{now} has it from")
    with api.database() as conn:
        kept = conn.execute("SELECT count(*) FROM rota_override").fetchall()
    assert kept == [(2,)] and [action for _, action, _ in duty.deeds()].count("override") == 2


def test_who_accepts_a_shift_while_it_is_given_away_has_it_or_reads_who_has(api: Api, duty: Duty) -> None:
    chief = duty.sign_in(1, "Chief", Role.NEPHROLOGIST)
    people = {one["name"]: one["person_id"] for one in chief.get("/api/rota").json()["rotas"][0]["people"]}
    shift = shifts(chief)[1]
    owner = duty.sign_in(1, shift["person"])
    path = f"/api/rota/shifts/{shift['shift_id']}"
    accepted, given = together(
        partial(owner.post, f"{path}/accept", json={}),
        partial(chief.post, f"{path}/override", json={"person_id": people["Chief"], "reason": "mine"}),
    )
    assert given.status_code == 200
    now = next(one for one in shifts(owner) if one["start"] == shift["start"])
    assert (now["person"], now["accepted"]) == ("Chief", False)
    assert accepted.status_code == 200 or "Chief has it from" in accepted.json()["hint"]
    deeds = [action for _, action, _ in duty.deeds() if action in ("accept shift", "override")]
    assert deeds == (["accept shift", "override"] if accepted.status_code == 200 else ["override"])


def test_on_the_night_the_clocks_go_back_each_time_says_its_offset(api: Api, duty: Duty) -> None:
    found = shifts(duty.sign_in(1, "Ann"), **{"from": "2027-03-20T00:00:00Z", "until": "2027-04-05T00:00:00Z"})
    starts = [one["start"] for one in found if one["start"] is not None]
    assert [text[10:] for text in starts][:3] == ["T08:00:00+01:00", "T08:00:00+01:00", "T08:00:00+02:00"]
    # 02:30 comes twice on 2026-10-25: two shifts of half an hour, told apart.
    first = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    at_us = round(first.timestamp() * 1e6)
    for start_us in (at_us, at_us + 3_600_000_000):
        duty.override(duty.rotas[1], start_us, start_us + 1_800_000_000, duty.person(1, "Bob"))
    span = {"from": (first - timedelta(hours=1)).isoformat(), "until": (first + timedelta(hours=3)).isoformat()}
    written = [one["start"] for one in shifts(duty.sign_in(1, "Ann"), **span) if one["source"] == "override"]
    assert written == ["2027-10-31T02:30:00+02:00", "2027-10-31T02:30:00+01:00"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"from": "2026-03-01T00:00:00"}, "2026-03-01T08:00:00Z"),
        ({"from": "2026-03-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, "92 days"),
        ({"from": "2026-03-01T00:00:00Z", "until": "2026-08-01T00:00:00Z"}, "92 days"),
        ({"from": "9999-12-31T23:59:59Z"}, "92 days"),
        ({"from": "1969-12-31T00:00:00Z"}, "92 days"),
    ],
)
def test_a_stretch_that_cannot_be_is_refused(api: Api, query: dict[str, str], words: str) -> None:
    answer = api.sign_in().get("/api/rota", params=query)
    assert answer.status_code == 422 and words in answer.json()["hint"]


def test_ones_own_calendar_has_ones_own_shifts_alone(api: Api, duty: Duty) -> None:
    answer = duty.sign_in(1, "Ann").get("/api/rota.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert (
        "ann-1@example.org" in answer.text.lower().replace("\r\n ", "").replace("nurse", "")
        and "Bob" not in answer.text
    )
    assert answer.text.count("BEGIN:VEVENT") >= 12
    assert duty.sign_in(1, "Chief", Role.NEPHROLOGIST).get("/api/rota.ics").text.count("BEGIN:VEVENT") == 0


def test_what_was_accepted_on_one_screen_is_seen_by_the_next_who_asks(api: Api, duty: Duty) -> None:
    ann = duty.sign_in(1, "Ann")
    mine = next(one for one in shifts(ann) if one["yours"])
    for _ in range(2):
        done = ann.post(f"/api/rota/shifts/{mine['shift_id']}/accept", json={"note": "fine"})
        assert done.status_code == 200
    seen = next(one for one in shifts(duty.sign_in(1, "Bob")) if one["shift_id"] == mine["shift_id"])
    assert seen["accepted"] and not seen["waits"]
    assert [action for _, action, _ in duty.deeds()].count("accept shift") == 1
    assert ann.post(f"/api/rota/shifts/{mine['shift_id']}/decline", json={"reason": "ill"}).status_code == 200
    until(lambda: not next(one for one in shifts(ann) if one["shift_id"] == mine["shift_id"])["accepted"])


def test_a_shift_that_is_over_is_nobodys_to_accept_or_change(api: Api, duty: Duty) -> None:
    now = SystemClock().now_us()
    span = {"from": datetime.fromtimestamp((now - 14 * DAY_US) / 1e6, UTC).isoformat()}
    chief = duty.sign_in(1, "Chief", Role.NEPHROLOGIST)
    past = shifts(chief, **span)[0]
    assert past["may"] == [] and not past["waits"]
    answer = chief.post(f"/api/rota/shifts/{past['shift_id']}/override", json={"person_id": None, "reason": "x"})
    assert answer.status_code in (409, 422)


def test_who_asks_changes_nothing_of_what_another_clinic_is_told(api: Api, duty: Duty) -> None:
    api.add_unit("u-3", "Clinic 3", "Patient of 3")  # patients, and nobody for them
    boss, ann = api.sign_in(Role.ADMINISTRATOR, None, "Boss"), duty.sign_in(1, "Ann")
    assert clinical(boss.get("/api/coverage").json(), "Clinic 3")["state"] == "not covered"
    ann.get("/api/coverage")
    # What the room was left with, before the next look at the store.
    assert clinical(api.open_socket(boss).subscribe()["duty"], "Clinic 3")["state"] == "not covered"


def test_who_had_a_shift_that_is_over_stays_on_record(api: Api, duty: Duty) -> None:
    now = SystemClock().now_us() // 1_000_000 * 1_000_000
    chief = duty.sign_in(1, "Chief", Role.NEPHROLOGIST)
    past = duty.override(duty.rotas[1], now - 2 * HOUR_US, now - HOUR_US, duty.person(1, "Bob"))
    imported = Override(0, now + HOUR_US, now + 2 * HOUR_US, duty.person(1, "Bob"), Source.CALENDAR)
    with api.database() as conn:
        calendars = rota.override(conn, duty.rotas[1], imported, duty.written())
    before = duty.deeds()
    for number in (past, calendars):
        refused = chief.post(f"/api/rota/overrides/{number}/withdraw", json={"reason": "never happened"})
        assert (refused.status_code, refused.json()["what"]) == (409, "cannot be withdrawn")
    assert duty.deeds() == before


def test_a_refusal_tells_no_accounts_address(api: Api, duty: Duty) -> None:
    chief = duty.sign_in(1, "Chief", Role.NEPHROLOGIST)
    (shift, *_) = shifts(chief)
    for person in (duty.person(2, "Cy"), duty.person(1, "Tec", Role.TECHNICIAN), 99_999):
        body = {"person_id": str(person), "reason": "x"}
        refused = chief.post(f"/api/rota/shifts/{shift['shift_id']}/override", json=body)
        assert (refused.status_code, refused.json()["what"]) == (409, "not somebody for this shift")
        assert "@" not in refused.text


def test_screens_come_up_though_nobody_can_say_who_is_on_call(
    options: ApiOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(_self: object, _now_us: int) -> None:
        raise StoreError("read rotas", "database", trouble=Trouble.CREDENTIALS, hint="permission denied")

    monkeypatch.setattr("clinician_api.duty.duty_data.DutyData.read", fails)
    with ExitStack() as stack:
        api = start_api(stack, options)
        api.add_unit("u-1", "Clinic 1", "Ada Example")
        told = api.open_socket(api.sign_in()).subscribe()
        assert not told["duty"]["known"]
