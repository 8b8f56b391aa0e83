from __future__ import annotations

import hashlib

import pytest

from clinician_api.duty.channel_models import OwnChannelView
from clinician_api.duty.channel_views import address, channel_view, endpoint_of, fingerprint, masked
from store.own_channels import ChannelTest, OwnChannel
from tests.clinician_api.devices import subscription

NOW = 1_750_000_000_000_000


def stored(kind: str, text: str, host: str, test: ChannelTest | None = None) -> OwnChannel:
    return OwnChannel(7, kind, text, host, "label", 1, "en", NOW, None, None, "", test)


def test_of_an_address_scheme_and_host_are_shown() -> None:
    body = subscription()
    push = stored("web push", address(body["endpoint"], body["keys"]), "push://push.example.net")
    shown = channel_view(push)
    OwnChannelView.model_validate(shown)
    assert shown["address"] == "push://push.example.net/…"
    assert shown["fingerprint"] == hashlib.sha256(body["endpoint"].encode()).hexdigest()
    assert not any(word in str(shown) for word in (body["endpoint"], *body["keys"].values()))


@pytest.mark.parametrize(
    ("host", "shown"), [("", ""), ("wecombot", "wecombot://…"), ("ntfys://ntfy.sh", "ntfys://ntfy.sh/…")]
)
def test_a_receiver_stands_for_its_address(host: str, shown: str) -> None:
    assert masked(host) == shown


@pytest.mark.parametrize("text", ["", "{", "[]", '{"keys": 1}', "ntfys://ntfy.sh/secret"])
def test_what_is_no_subscription_has_no_endpoint(text: str) -> None:
    assert endpoint_of(text) == ""


def test_a_test_is_told_with_what_the_channel_said() -> None:
    shown = channel_view(stored("apprise", "x://y", "x", ChannelTest(3, "queued", 2, NOW, NOW + 1, True, "no answer")))
    view = OwnChannelView.model_validate(shown)
    assert view.fingerprint is None and view.test is not None
    assert (view.test.state, view.test.attempts, view.test.waiting, view.test.detail) == (
        "queued",
        2,
        True,
        "no answer",
    )


def test_the_same_subscription_is_the_same_text_and_endpoints_do_not_share_a_fingerprint() -> None:
    body = subscription()
    other = dict(reversed(body["keys"].items()))
    assert address(body["endpoint"], body["keys"]) == address(body["endpoint"], other)
    assert fingerprint("https://a/1") != fingerprint("https://a/2")
