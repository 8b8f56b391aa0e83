"""A patient of clinic 1 with two stored treatments, and what people do to their prescription."""

from __future__ import annotations

from typing import Any

import httpx

from store import patients
from tests.clinician_api.conftest import Api
from tests.evaluation.treated import START_US, treated

REASON = "narrow graft, seen on ultrasound"
# Beyond the rule's own 300 mmHg at a high level.
DANGEROUS = {"limits": {"R13": {"high": 320}}}
# Less of what is medium, and no more than that.
WIDER = {"limits": {"R13": {"medium": 280}}}


def add_patient(api: Api, unit: str = "u-1", clinic: int = 1, *, is_treated: bool = True) -> int:
    """A patient, whom the unit serves; treated twice: venous pressure 262 mmHg, and 310."""
    made = api.add_unit(unit, f"Clinic {clinic}")
    with api.database() as conn:
        number = patients.add_patient(conn, f"Patient of {clinic}", made.clinic_id, patients.Prescription())
        patients.bind(conn, made.unit_id, number, START_US - 1)
        for day, level in enumerate((262.0, 310.0)) if is_treated else ():
            treated(conn, made.unit_id, day, [150.0] * 100 + [level] * 60)
    api.refresh()
    return number


def read(client: httpx.Client, patient: int) -> tuple[dict[str, Any], str]:
    """The prescription, and its tag."""
    answer = client.get(f"/api/patients/{patient}/prescription")
    assert answer.status_code == 200, answer.text
    return answer.json(), answer.headers["etag"]


def look(client: httpx.Client, patient: int, change: dict[str, Any]) -> dict[str, Any]:
    """What the past says to it."""
    answer = client.post(f"/api/patients/{patient}/prescription/replay", json=change, timeout=60)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def propose(
    client: httpx.Client, patient: int, change: dict[str, Any], tag: str | None = None, **more: Any
) -> httpx.Response:
    """Propose it after a look; `tag` of what was read, by default of what stands."""
    seen = {"replay_id": look(client, patient, change)["replay_id"]} if "replay_id" not in more else {}
    headers = {"If-Match": read(client, patient)[1] if tag is None else tag}
    content = {"reason": REASON, **change, **seen, **more}
    return client.post(f"/api/patients/{patient}/prescription/proposals", json=content, headers=headers)


def own(prescription: dict[str, Any], rule: str, level: str) -> float | None:
    """The patient's own limit."""
    (found,) = [one for one in prescription["rules"] if one["rule"] == rule]
    (number,) = [one for one in found["levels"] if one["name"] == level]
    value: float | None = number["own"]
    return value
