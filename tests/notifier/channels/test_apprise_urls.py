"""Apprise's addresses: what is refused at the door, what is shown of one, and what arrives at a real receiver."""

from __future__ import annotations

import time

import pytest

from notifier.channels.apprise_urls import AppriseUrls, scheme_of
from notifier.channels.channel import AddressError, Unreachable
from notifier.channels.networks import Networks, parse
from telemetry.alarms import Priority
from tests.notifier.http_sink import Behaviour, http_sink
from tests.notifier.pages import LOOPBACK, TIMEOUT_S, page

ANYWHERE = AppriseUrls(Networks())
HERE = AppriseUrls(LOOPBACK)
TWILIO = "twilio://AC" + "c" * 32 + ":" + "d" * 32


def test_what_the_hospital_uses_is_taken() -> None:
    for address in (
        "dingtalk://" + "a" * 40, "wecombot://693a1bc6-7a0c-4bc4-97a0-0ec2f1fa5aaa", "wechat://corpid:corpsecret@1000002/user",
        "feishu://feedbeef-0000-1111-2222-333344445555", "barks://bark.example.org/key", "ntfys://ntfy.example.org/topic",
        "pagerduty://" + "A" * 32 + "@" + "b" * 32 + "/unit", f"{TWILIO}@+15551234567/+8613800138000",
        "jsons://gateway.hospital.lan/sms", "json://10.1.2.3:8080/sms",
    ):  # fmt: skip
        ANYWHERE.check(address)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "no address"),
        ("wangwei", "no address"),
        ("nosuch://host", "no channel is called 'nosuch'"),
        ("https://hooks.example.org/T0KEN", "no channel is called 'https'"),
        ("file:///etc/passwd", "no channel is called 'file'"),
        ("include://host/config", "no channel is called 'include'"),
        ("json://", "host or key is missing"),
        ("ntfys:///", "host or key is missing"),
        ("json://user:pass@", "host or key is missing"),
        (f"{TWILIO}@+15551234567/12", "a phone number in it is none"),
        ("twilio://ACshort:token@+15551234567", "expected twilio://{account_sid}"),
        ("wechat://corp@1000002/user", "expected wechat://"),
        ("json://host.example.org:99999/", "its port is none"),
        ("json://127.0.0.1/", "this server itself"),
        ("json://[::1]/", "this server itself"),
        ("json://169.254.169.254/latest/meta-data", "only machines use"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ?template=/etc/passwd", "leave out template="),
        ("jsons://host.example.org/?:attach=/etc/passwd", "leave out attach="),
        ("json://host.example.org/\nX: y", "one line"),
        ("json://host.example.org/" + "x" * 2100, "2048 characters"),
        ("vapid://host/x", "browser"),
        ("mqtt://broker.example.org/topic", "the broker is for homes"),
    ],
)
def test_what_is_refused_says_what_to_do(address: str, said: str) -> None:
    with pytest.raises(AddressError) as caught:
        ANYWHERE.check(address)
    assert said in caught.value.line()


@pytest.mark.parametrize(
    "scheme", ["dbus", "kde", "qt", "glib", "gnome", "windows", "macosx", "syslog", "rsyslog", "blink1", "gio"]
)
def test_what_acts_on_the_server_is_refused(scheme: str) -> None:
    with pytest.raises(AddressError, match="reaches nobody"):
        ANYWHERE.check(f"{scheme}://host.example.org/x")


def test_no_scheme_that_is_taken_is_local() -> None:
    # By plug-in and not by scheme: an update may give one of these another name.
    from apprise.manager_plugins import NotificationManager

    manager = NotificationManager()
    for scheme in manager.schemas():
        plugin = manager[scheme]
        module = plugin.__module__.rpartition(".")[2]
        if module in ("dbus", "glib", "gnome", "windows", "macosx", "syslog", "rsyslog", "blink1"):
            with pytest.raises(AddressError, match="reaches nobody"):
                ANYWHERE.check(f"{scheme}://host.example.org/x")


def test_one_channel_reaches_one_person() -> None:
    with pytest.raises(AddressError, match="one channel reaches one person"):
        ANYWHERE.check(f"{TWILIO}@+15551234567/+8613800138000/+8613800138001")


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("ntfys://user:pw@ntfy.example.org/topic", "ntfys://ntfy.example.org"),
        ("ntfy://topic", "ntfy"),
        ("json://10.0.0.1:8080/x", "json://10.0.0.1:8080"),
        ("json://[fd12::1]:8080/x", "json://[fd12::1]:8080"),
        ("dingtalk://" + "a" * 40, "dingtalk"),
        ("sendgrid://SG.abcd.efgh:hd@hospital.example/nurse@hospital.example", "sendgrid"),
        ("nonsense", "unknown"),
        ("nosuch://x", "nosuch"),
    ],
)
def test_trouble_is_shared_by_receiver(address: str, host: str) -> None:
    assert ANYWHERE.host(address) == host


def test_a_page_arrives_with_its_words_and_its_link() -> None:
    with http_sink() as sink:
        sent = HERE.send(f"json://{sink.authority}/sms", page(), TIMEOUT_S)
        (request,) = sink.requests
    assert sent.receipt == "sent"
    said = request.json()
    assert said["title"] == "High priority: somebody at home needs an answer"
    assert said["message"].endswith("https://hd.example.org/deliveries/17-4")
    assert said["type"] == "failure"


def test_two_sends_of_one_delivery_have_one_key() -> None:
    with http_sink() as sink:
        for key in ("17-4", "17-4", "18-4"):
            HERE.send(f"json://{sink.authority}/sms", page(key), TIMEOUT_S)
        keys = [request.headers["idempotency-key"] for request in sink.requests]
    assert keys == ["17-4", "17-4", "18-4"]


@pytest.mark.parametrize(
    ("priority", "loud"), [(Priority.HIGH, "max"), (Priority.MEDIUM, "high"), (Priority.LOW, "low")]
)
def test_ntfy_is_as_loud_as_the_priority(priority: Priority, loud: str) -> None:
    with http_sink() as sink:
        HERE.send(f"ntfy://{sink.authority}/topic", page(priority=priority), TIMEOUT_S)
        (request,) = sink.requests
    assert (request.json()["topic"], request.headers["x-priority"]) == ("topic", loud)
    assert request.headers["x-click"] == "https://hd.example.org/deliveries/17-4"


def test_where_a_service_knows_doubles_it_is_given_the_key() -> None:
    from notifier.channels import apprise_urls

    pager = apprise_urls.plugin_of("pagerduty://" + "A" * 32 + "@" + "b" * 32 + "/unit", "")
    opsgenie = apprise_urls.plugin_of("opsgenie://" + "a" * 36, "")
    for plugin in (pager, opsgenie):
        apprise_urls._prepare(plugin, page(), TIMEOUT_S)
    assert (pager.dedup, opsgenie.alias) == ("17-4", "17-4")


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (Behaviour(status=500), "the receiver is in trouble (HTTP 500)"),
        (Behaviour(status=503), "the receiver is in trouble (HTTP 503)"),
        (Behaviour(status=401), "the receiver refuses our key (HTTP 401)"),
        (Behaviour(status=404), "does not know this address"),
        (Behaviour(status=429), "asks for fewer pages"),
        (Behaviour(drops=True), "no connection, or one that broke off"),
    ],
)
def test_what_is_not_taken_says_why_and_is_tried_again(behaviour: Behaviour, said: str) -> None:
    with http_sink() as sink:
        sink.behaviour = behaviour
        with pytest.raises(Unreachable) as caught:
            HERE.send(f"json://{sink.authority}/sms", page(), TIMEOUT_S)
    assert said in caught.value.why
    assert not caught.value.permanent


@pytest.mark.parametrize("behaviour", [Behaviour(hangs=True), Behaviour(late_s=30), Behaviour(drips=True)])
def test_no_receiver_keeps_us_longer_than_the_time_out(behaviour: Behaviour) -> None:
    with http_sink() as sink:
        sink.behaviour = behaviour
        began = time.monotonic()
        with pytest.raises(Unreachable, match=r"no complete answer|no connection"):
            HERE.send(f"json://{sink.authority}/sms", page(), 0.7)
        assert time.monotonic() - began < 3


def test_a_late_answer_within_the_time_out_is_one() -> None:
    with http_sink() as sink:
        sink.behaviour = Behaviour(late_s=0.5)
        assert HERE.send(f"json://{sink.authority}/sms", page(), TIMEOUT_S).receipt == "sent"


def test_nobody_there() -> None:
    with http_sink() as sink:
        address = f"json://{sink.authority}/sms"
    with pytest.raises(Unreachable, match="no connection"):
        HERE.send(address, page(), TIMEOUT_S)


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f000001"])
def test_a_name_that_leads_to_this_server_is_refused_when_it_is_looked_up(host: str) -> None:
    with http_sink() as sink:
        ANYWHERE.check(f"json://{host}:{sink.port}/sms")
        with pytest.raises(Unreachable, match="this server itself; setting channel_networks"):
            ANYWHERE.send(f"json://{host}:{sink.port}/sms", page(), TIMEOUT_S)
        assert sink.requests == []


def test_a_redirect_is_not_followed_even_if_the_address_says_so() -> None:
    only_one = AppriseUrls(parse(["127.0.0.0/8"]))
    with http_sink() as inner, http_sink("127.0.0.2") as outer:
        outer.behaviour = Behaviour(status=307, headers={"Location": f"http://{inner.authority}/"})
        with pytest.raises(Unreachable, match="sends us elsewhere"):
            only_one.send(f"json://{outer.authority}/?redirect=yes", page(), TIMEOUT_S)
        assert inner.requests == []


def test_an_address_that_an_update_no_longer_takes_is_an_error_of_the_channel() -> None:
    with pytest.raises(Unreachable, match="can no longer be used: no channel is called"):
        HERE.send("nosuch://host.example.org", page(), TIMEOUT_S)


@pytest.mark.parametrize(("address", "scheme"), [("NTFY://x", "ntfy"), ("a b://x", ""), ("://x", ""), ("x:/y", "")])
def test_scheme(address: str, scheme: str) -> None:
    assert scheme_of(address) == scheme
