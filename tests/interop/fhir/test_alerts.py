from __future__ import annotations

import pytest

from alerts.delivery import DeliveryState
from interop.fhir import alerts
from interop.fhir.datatypes import instant, reference
from telemetry.alarms import ConditionState, Priority
from tests.interop.fhir.records import ACTIVE, MINUTE, SEEN, START, alert, event, told

LATCHED, NORMAL = ConditionState.LATCHED_CLEAR, ConditionState.NORMAL
WHOSE = reference("Patient", "7")


@pytest.mark.parametrize(
    ("state", "issue", "flag", "over"),
    [
        (ACTIVE, "preliminary", "active", False),
        (SEEN, "preliminary", "active", False),
        (LATCHED, "final", "active", True),  # its cause is gone, and nobody has seen it yet
        (NORMAL, "final", "inactive", True),
    ],
)
def test_what_stands_and_what_is_over(state: ConditionState, issue: str, flag: str, over: bool) -> None:
    steps = [event(1, ACTIVE, 1), event(2, state, 3), event(3, state, 8, actor=4)]
    made = alerts.detected_issue(alert(state), steps, "Fell", WHOSE, False)
    assert made["status"] == issue
    # The cause went when the rules said so, not when a person had seen it.
    assert made["identifiedPeriod"].get("end") == (instant(START + 3 * MINUTE) if over else None)
    stands = alerts.flag(alert(state), "Fell", WHOSE)
    assert stands["status"] == flag
    assert ("end" in stands["period"]) == (flag == "inactive")


def test_every_state_and_priority_has_a_word() -> None:
    assert set(alerts.TOLD) == set(DeliveryState)
    assert [alerts.detected_issue(alert(priority=one), [], "", None, False)["severity"] for one in Priority] == [
        "low", "moderate", "high",
    ]  # fmt: skip


def test_evidence_and_what_people_did() -> None:
    made = alerts.detected_issue(alert(), [event(1, ACTIVE, 1), event(2, SEEN, 2, actor=4)], "Fell", None, True)
    assert "patient" not in made
    said = [one["code"][0]["text"] for one in made["evidence"]]
    assert said == ["venous_pressure = 21.5", "limit drop = 20", "rule R10, version 3"]
    (step,) = made["mitigation"]
    assert step["action"]["text"] == "active, acknowledged: called Mrs Example"
    assert step["author"] == {
        "type": "Practitioner", "identifier": {"system": "urn:homehd:user", "value": "4"}, "display": "Nurse Bo",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("state", "sent", "arrived", "status"),
    [
        ("queued", None, None, "preparation"),
        ("sent", 1, None, "in-progress"),
        ("delivered", 1, 2, "completed"),
        ("rejected", 1, 2, "completed"),
        ("failed", None, None, "not-done"),
    ],
)
def test_a_page_is_as_far_as_it_came(state: str, sent: int | None, arrived: int | None, status: str) -> None:
    made = alerts.communication(told(state, sent, arrived), WHOSE, False)
    assert (made["status"], made["statusReason"]["text"]) == (status, state)
    assert ("sent" in made, "received" in made) == (sent is not None, arrived is not None)
    assert made["about"] == [{"reference": "DetectedIssue/5"}]
