"""Web Push to a stand-in that holds us to the RFCs and decrypts as a browser does."""

from __future__ import annotations

import json
import socket
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from notifier.channels import networks, vapid
from notifier.channels.channel import AddressError, Unreachable
from notifier.channels.networks import Networks
from notifier.channels.web_push import TTL_S, Sender, WebPush, payload
from notifier.page import Page
from notifier.words import Language
from telemetry.alarms import Priority
from telemetry.clock import SystemClock
from telemetry.errors import SettingsError
from tests.notifier.http_sink import Behaviour, http_sink
from tests.notifier.pages import LOOPBACK, RECEIPT, SECRETS, TIMEOUT_S, page
from tests.notifier.push_stand_in import push_stand_in

KEY = ec.generate_private_key(ec.SECP256R1())
PUSH = WebPush(LOOPBACK, SystemClock(), Sender(KEY, "mailto:operations@example.org"))
REAL = next(address for address in SECRETS if address.startswith("{"))


def test_a_page_arrives_encrypted_for_its_browser_alone() -> None:
    with push_stand_in() as service:
        service.wanted_key = vapid.public_text(KEY)
        sent = PUSH.send(service.subscription, page(), TIMEOUT_S)
        (push,) = service.pushes
        (request,) = service.requests
    assert (sent.receipt, service.refused) == ("sent", [])
    assert push.payload == {
        "key": "17-4",
        "priority": "high",
        "title": "High priority: somebody at home needs an answer",
        "body": "Open the page, then accept or pass on. Until you do, others are asked.",
        "link": "https://hd.example.org/deliveries/17-4",
        "receipt": f"https://hd.example.org/api/receipts/{RECEIPT}",
    }
    assert b"priority" not in request.body


@pytest.mark.parametrize(
    ("priority", "urgency"), [(Priority.HIGH, "high"), (Priority.MEDIUM, "high"), (Priority.LOW, "normal")]
)
def test_urgency_and_how_long_it_is_kept(priority: Priority, urgency: str) -> None:
    with push_stand_in() as service:
        PUSH.send(service.subscription, page(priority=priority), TIMEOUT_S)
        (push,) = service.pushes
    assert (push.urgency, push.ttl_s) == (urgency, TTL_S[priority])


def test_a_repetition_replaces_what_still_waits() -> None:
    with push_stand_in() as service:
        for key in ("17-4", "17-4", "0123456789abcdef0123456789abcdef"):
            PUSH.send(service.subscription, page(key), TIMEOUT_S)
        assert [push.topic for push in service.waiting()] == ["17-4", "0123456789abcdef0123456789abcdef"]


def test_in_chinese() -> None:
    with push_stand_in() as service:
        PUSH.send(service.subscription, Page("1", Priority.HIGH, language=Language.CHINESE), TIMEOUT_S)
        assert service.pushes[0].payload["title"] == "高优先级：有居家患者需要回应"


def test_the_largest_payload_fits_what_services_take() -> None:
    site = page().site
    longest = [len(payload(Page("1" * 32, p, language=lang, site=site, receipt="a" * 64)).encode()) for p in Priority
               for lang in Language]  # fmt: skip
    assert max(longest) < 1000, "4096 bytes is what a push service must take (RFC 8030 §7.2)"


def test_another_application_server_s_subscription() -> None:
    with push_stand_in() as service:
        service.wanted_key = vapid.public_text(ec.generate_private_key(ec.SECP256R1()))
        with pytest.raises(Unreachable, match="refuses our key") as caught:
            PUSH.send(service.subscription, page(), TIMEOUT_S)
        assert service.refused == ["not the application server that this browser subscribed to"]
    assert not caught.value.permanent


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_gone_is_gone_for_good(status: int) -> None:
    with push_stand_in() as service:
        service.behaviour = Behaviour(status=status)
        with pytest.raises(Unreachable) as caught:
            PUSH.send(service.subscription, page(), TIMEOUT_S)
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("status", "header", "wait_s"), [(429, "120", 120.0), (503, "7", 7.0), (500, None, None), (503, "soon", None)]
)
def test_trouble_is_for_now_and_for_as_long_as_is_said(status: int, header: str | None, wait_s: float | None) -> None:
    with push_stand_in() as service:
        service.behaviour = Behaviour(status=status, headers={"Retry-After": header} if header else {})
        with pytest.raises(Unreachable) as caught:
            PUSH.send(service.subscription, page(), TIMEOUT_S)
    assert (caught.value.permanent, caught.value.retry_after_s) == (False, wait_s)


@pytest.mark.parametrize("behaviour", [Behaviour(hangs=True), Behaviour(late_s=30), Behaviour(drips=True)])
def test_no_service_keeps_us_longer_than_the_time_out(behaviour: Behaviour) -> None:
    with push_stand_in() as service:
        service.behaviour = behaviour
        began = time.monotonic()
        with pytest.raises(Unreachable):
            PUSH.send(service.subscription, page(), 0.7)
        assert time.monotonic() - began < 3


def test_a_service_that_hangs_up_and_one_that_is_not_there() -> None:
    with push_stand_in() as service:
        service.behaviour = Behaviour(drops=True)
        with pytest.raises(Unreachable, match="no connection"):
            PUSH.send(service.subscription, page(), TIMEOUT_S)
        address = service.subscription
    with pytest.raises(Unreachable, match="no connection"):
        PUSH.send(address, page(), TIMEOUT_S)


def test_a_redirect_is_not_followed() -> None:
    with http_sink() as elsewhere, push_stand_in() as service:
        service.behaviour = Behaviour(status=307, headers={"Location": f"http://{elsewhere.authority}/"})
        with pytest.raises(Unreachable, match="sends us elsewhere"):
            PUSH.send(service.subscription, page(), TIMEOUT_S)
        assert elsewhere.requests == []


def test_a_push_service_is_public_or_in_a_network_that_settings_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    private = json.loads(REAL) | {"endpoint": "https://10.0.0.9/x"}
    WebPush(networks.parse(["10.0.0.0/8"]), SystemClock(), None).check(json.dumps(private))
    # A name that leads into a private network is refused at the connection, unless a proxy is there to make it.
    leads_there = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.9", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: leads_there)
    with pytest.raises(Unreachable, match="a private network"):
        PUSH.send(REAL, page(), TIMEOUT_S)
    with push_stand_in() as proxy:
        monkeypatch.undo()
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.authority}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with pytest.raises(Unreachable) as caught:
            PUSH.send(REAL, page(), TIMEOUT_S)
        assert "private" not in caught.value.why and proxy.requests, "the proxy was asked"


def test_without_a_contact_nothing_is_sent() -> None:
    with push_stand_in() as service:
        with pytest.raises(Unreachable, match="set HOMEHD_PUSH_CONTACT"):
            WebPush(LOOPBACK, SystemClock(), None).send(service.subscription, page(), TIMEOUT_S)
        assert service.requests == []


@pytest.mark.parametrize(
    "contact", ["", "operations@example.org", "mailto:", "mailto:nobody", "http://example.org", "https://"]
)
def test_a_contact_that_nobody_could_write_to(contact: str) -> None:
    with pytest.raises(SettingsError, match="push_contact"):
        Sender(KEY, contact)


def test_a_browser_s_subscription_is_taken() -> None:
    WebPush(Networks(), SystemClock(), None).check(REAL)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"endpoint": "http://push.example.net/x"}, "no https address"),
        ({"endpoint": "http://127.0.0.1/x"}, "no https address"),
        ({"endpoint": "https://127.0.0.1/x"}, "this server itself"),
        ({"endpoint": "https://169.254.169.254/x"}, "only machines use"),
        ({"endpoint": "https:///x"}, "no https address"),
        ({"endpoint": "https://push.example.net/\0"}, "no https address"),
        ({"endpoint": "https://10.0.0.9/x"}, "a private network"),
        ({"endpoint": "https://[fd12::9]/x"}, "a private network"),
        ({"endpoint": "https://push.example.net:99999/x"}, "no https address"),
        ({"endpoint": 7}, "expected what the browser gave"),
        ({"endpoint": "https://push.example.net/" + "x" * 2048}, "longer than 2048"),
        ({"keys": {}}, "expected what the browser gave"),
        ({"keys": {"p256dh": "BAAA", "auth": "BTBZMqHH6r4Tts7J_aSIgg"}}, "p256dh is no point"),
        ({"keys": {"p256dh": "B" + "A" * 86, "auth": "BTBZMqHH6r4Tts7J_aSIgg"}}, "p256dh is no point"),
        ({"keys": {"p256dh": "ä", "auth": "BTBZMqHH6r4Tts7J_aSIgg"}}, "p256dh is no point"),
        ({"keys": json.loads(REAL)["keys"] | {"auth": "BTBZ"}}, "auth has not 16 bytes"),
    ],
)
def test_what_is_refused_says_what_is_wrong(change: dict[str, object], said: str) -> None:
    with pytest.raises(AddressError) as caught:
        WebPush(Networks(), SystemClock(), None).check(json.dumps(json.loads(REAL) | change))
    assert said in caught.value.line()


@pytest.mark.parametrize("address", ["", "{", "[]", "null", '{"endpoint": "https://push.example.net/x"}'])
def test_what_is_no_subscription(address: str) -> None:
    with pytest.raises(AddressError, match="expected what the browser gave"):
        PUSH.check(address)
    assert PUSH.host(address) == "push"
    with pytest.raises(Unreachable, match="can no longer be used"):
        PUSH.send(address, page(), TIMEOUT_S)
