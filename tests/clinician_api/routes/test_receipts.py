"""Receipts of devices: the word is the permission, they only move forward, and strangers are soon stopped."""

from __future__ import annotations

import pytest

from alerts.escalation import People
from clinician_api.people.sessions import ADDRESS_ATTEMPTS
from tests.clinician_api.conftest import Api, alike
from tests.clinician_api.notified import Notifier

NOBODYS = "0" * 32


@pytest.fixture
def notifier(api: Api) -> Notifier:
    """One delivery is queued."""
    notifier = Notifier(api)
    notifier.people = People((notifier.user("Nora"),))
    api.raise_alert(api.add_unit("u-1", "Clinic 1"))
    notifier.settle()
    return notifier


def stands(notifier: Notifier) -> str:
    return str(notifier.rows("SELECT state FROM delivery")[0][0])


def test_a_receipt_moves_its_delivery_forward_only(api: Api, notifier: Notifier) -> None:
    ((receipt,),) = notifier.rows("SELECT receipt FROM delivery")
    device = api.client()
    for said, then in (("delivered", "delivered"), ("read", "read"), ("delivered", "read"), ("read", "read")):
        assert device.post(f"/api/receipts/{receipt}", json={"state": said}).status_code == 204
        assert stands(notifier) == then
    events = notifier.rows("SELECT state, detail FROM delivery_event ORDER BY event_id")
    assert events == [("queued", ""), ("delivered", "by the device"), ("read", "by the device")]
    # What a person has answered stands; it takes a session to answer.
    api.sign_in("nurse", name="Nora").post("/api/notices/1/accept", json={})
    device.post(f"/api/receipts/{receipt}", json={"state": "read"})
    assert stands(notifier) == "accepted"


def test_a_word_that_is_nobodys_is_answered_in_constant_words_and_soon_not_at_all(api: Api, notifier: Notifier) -> None:
    stranger = api.client()
    first = stranger.post(f"/api/receipts/{NOBODYS}", json={"state": "read"})
    second = stranger.post(f"/api/receipts/{'f' * 32}", json={"state": "read"})
    assert (first.status_code, alike(first)) == (404, alike(second))
    for wrong in ("x" * 32, "0" * 31, "A" * 32, "%00"):
        assert stranger.post(f"/api/receipts/{wrong}", json={"state": "read"}).status_code in (404, 422)
    ((receipt,),) = notifier.rows("SELECT receipt FROM delivery")
    assert stranger.post(f"/api/receipts/{receipt}", json={"state": "accepted"}).status_code == 422
    for _ in range(ADDRESS_ATTEMPTS - 2):
        # A good one in between counts for nothing.
        assert stranger.post(f"/api/receipts/{receipt}", json={"state": "delivered"}).status_code == 204
        assert stranger.post(f"/api/receipts/{NOBODYS}", json={"state": "read"}).status_code == 404
    refused = stranger.post(f"/api/receipts/{NOBODYS}", json={"state": "read"})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def test_another_site_cannot_send_one(api: Api, notifier: Notifier) -> None:
    ((receipt,),) = notifier.rows("SELECT receipt FROM delivery")
    other = api.client(Origin="https://evil.example")
    assert other.post(f"/api/receipts/{receipt}", json={"state": "read"}).status_code == 403
    assert stands(notifier) == "queued"
