"""Notes about a patient: kept as written, corrected by another, on record, and of one clinic.

Of `clinician_api.notes` this tries note_data and models, too.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from clinician_api.access import Role
from tests.clinician_api.conftest import Api, parts, problem

NASTY = "<img src=x onerror=alert(1)>"


def ago(minutes: float) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()


def write(client: httpx.Client, text: str = "feels well", patient: int = 1, **more: Any) -> httpx.Response:
    return client.post(f"/api/patients/{patient}/notes", json={"start": ago(10), "text": text, **more})


def test_a_note_is_there_as_written_for_the_others_and_on_record(api: Api) -> None:
    api.add_unit("u-1", "Clinic 1", "Ada Example")
    nora, olga = api.sign_in(Role.NEPHROLOGIST, 1, "Nora"), api.sign_in(Role.ON_CALL, 1)
    number = write(nora, f"  {NASTY}\n", end=ago(5)).json()["event_id"]
    answer = olga.get("/api/units/u-1/notes").json()
    (seen,) = answer["events"]
    assert answer["patient_id"] == "1"
    assert (seen["event_id"], seen["text"], seen["author"], seen["kind"]) == (number, NASTY, "Nora", "note")
    assert seen["corrected_by"] is None
    with api.database() as conn:
        deeds = conn.execute("SELECT actor, action, subject, detail FROM audit_event WHERE action LIKE '%note'")
        ((actor, action, subject, detail),) = deeds.fetchall()
        assert (actor, action, subject) == ("user:1", "write note", "patient:1")
        assert NASTY not in str(detail)
        with pytest.raises(psycopg.Error, match="append-only"):
            conn.execute("UPDATE patient_event SET text = 'x'")


def test_one_is_corrected_by_another_once_and_stays(api: Api) -> None:
    api.add_unit("u-1", "Clinic 1", "Ada Example")
    client = api.sign_in(Role.NURSE, 1)
    first = write(client, "left arm").json()["event_id"]
    second = write(client, "right arm", corrects=first).json()["event_id"]
    events = {one["event_id"]: one for one in client.get("/api/units/u-1/notes").json()["events"]}
    assert (events[first]["corrected_by"], events[second]["corrects"]) == (second, first)
    assert events[first]["text"] == "left arm"
    again = write(client, "no, left", corrects=first)
    assert (again.status_code, problem(again)["what"]) == (409, "corrected already")
    assert write(client, "left after all", corrects=second).status_code == 200


def test_of_another_patient_or_clinic_there_is_nothing_to_read_write_or_correct(api: Api) -> None:
    for clinic in (1, 2):
        api.add_unit(f"u-{clinic}", f"Clinic {clinic}", f"Patient of {clinic}")
    theirs = write(api.sign_in(Role.NURSE, 2), "secret", patient=2).json()["event_id"]
    client = api.sign_in(Role.NURSE, 1)
    assert client.get("/api/units/u-2/notes").status_code == 404
    assert write(client, patient=2).status_code == 404
    assert write(client, corrects=theirs).status_code == 422
    assert write(api.sign_in(Role.ADMINISTRATOR, 1)).status_code == 403


def test_in_parts_and_within_a_span_it_is_the_same_list(api: Api) -> None:
    api.add_unit("u-1", "Clinic 1", "Ada Example")
    client = api.sign_in(Role.NURSE, 1)
    start = ago(30)
    for text in "abc":
        assert write(client, text, start=start).status_code == 200
    assert write(client, "long", start=ago(300), end=ago(20)).status_code == 200
    assert [one["text"] for one in parts(client, "/api/units/u-1/notes", "events")] == ["c", "b", "a", "long"]
    inside = client.get("/api/units/u-1/notes", params={"start": ago(25), "end": ago(20)}).json()["events"]
    assert [one["text"] for one in inside] == ["long"]


@pytest.mark.parametrize(
    "more",
    [
        {"text": ""}, {"text": " \n"}, {"text": "x" * 2001}, {"start": "2020-01-01T00:00:00Z"}, {"start": ago(-60)},
        {"end": ago(20)}, {"start": ago(3000), "end": ago(10)}, {"corrects": "999"}, {"corrects": "x"},
        {"start": "2026-03-01T08:00"}, {"kind": "call"},
    ],
)  # fmt: skip
def test_what_is_no_note(api: Api, more: dict[str, Any]) -> None:
    api.add_unit("u-1", "Clinic 1", "Ada Example")
    answer = write(api.sign_in(Role.NURSE, 1), **more)
    assert answer.status_code == 422, answer.text
    problem(answer)
