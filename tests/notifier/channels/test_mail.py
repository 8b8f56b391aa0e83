"""E-mail to a real server: with and without TLS, with a password, refused, late; one Message-ID for one delivery."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import pytest

from notifier.channels.channel import AddressError, Unreachable
from notifier.channels.mail import Mail, compose
from notifier.channels.networks import Networks
from notifier.page import Page, Site
from notifier.words import Language
from telemetry.alarms import Priority
from telemetry.clock import SystemClock
from tests.notifier.pages import LOOPBACK, TIMEOUT_S, page
from tests.notifier.smtp_sink import PASSWORD, USER, smtp_sink, tls_context

MAIL = Mail(LOOPBACK, SystemClock())
PEOPLE = "from=hd@example.org&to=nurse@hospital.example"


def plain(port: int) -> str:
    return f"mailto://127.0.0.1:{port}?{PEOPLE}"


def test_a_page_arrives() -> None:
    with smtp_sink() as sink:
        assert MAIL.send(plain(sink.port), page(), TIMEOUT_S).receipt == "sent"
        (mail,) = sink.mails
    assert sink.recipients == ["nurse@hospital.example"]
    assert mail["Subject"] == "High priority: somebody at home needs an answer"
    assert mail["To"] == "nurse@hospital.example"
    assert mail["From"].addresses[0].addr_spec == "hd@example.org"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Importance"] == "high"
    assert mail.get_content().strip().endswith("https://hd.example.org/deliveries/17-4")


def test_two_sends_of_one_delivery_have_one_message_id() -> None:
    with smtp_sink() as sink:
        for key in ("17-4", "17-4", "18-4"):
            MAIL.send(plain(sink.port), page(key), TIMEOUT_S)
        ids = [mail["Message-ID"] for mail in sink.mails]
    assert ids == ["<17-4@example.org>", "<17-4@example.org>", "<18-4@example.org>"]


def test_in_chinese() -> None:
    with smtp_sink() as sink:
        MAIL.send(plain(sink.port), Page("1", Priority.HIGH, language=Language.CHINESE), TIMEOUT_S)
        (mail,) = sink.mails
    assert mail["Subject"] == "高优先级：有居家患者需要回应"
    assert "请打开页面" in mail.get_content()


def test_starttls(tmp_path: Path) -> None:
    with smtp_sink(tls_context(tmp_path), login=True) as sink:
        secure = f"mailtos://{USER}:{PASSWORD}@127.0.0.1:{sink.port}?{PEOPLE}"
        MAIL.send(f"{secure}&verify=no", page(), TIMEOUT_S)
        assert sink.encrypted == [True]
        with pytest.raises(Unreachable, match="certificate is not good"):
            MAIL.send(secure, page(), TIMEOUT_S)
        with pytest.raises(Unreachable, match="refuses our password"):
            MAIL.send(secure.replace(PASSWORD, "wrong") + "&verify=no", page(), TIMEOUT_S)
        with pytest.raises(Unreachable, match="refuses the page"):  # it wants TLS first
            MAIL.send(plain(sink.port), page(), TIMEOUT_S)
        assert len(sink.mails) == 1


def test_a_server_without_tls_gets_nothing_from_an_address_that_asks_for_it() -> None:
    with smtp_sink() as sink:
        with pytest.raises(Unreachable, match="does not offer"):
            MAIL.send(f"mailtos://127.0.0.1:{sink.port}?{PEOPLE}", page(), TIMEOUT_S)
        assert sink.mails == []


def test_refused_by_the_server_and_tried_again() -> None:
    with smtp_sink() as sink:
        sink.refuse = "451 try again later, dear nurse@hospital.example"
        with pytest.raises(Unreachable, match=r"refuses the page \(SMTP 451\)") as caught:
            MAIL.send(plain(sink.port), page(), TIMEOUT_S)
        assert not caught.value.permanent
        assert "nurse" not in caught.value.line()
        sink.refuse, sink.refuse_recipient = "", "550 no such nurse"
        with pytest.raises(Unreachable, match=r"does not take mail for this address \(SMTP 550\)"):
            MAIL.send(plain(sink.port), page(), TIMEOUT_S)


def test_nobody_there() -> None:
    with smtp_sink() as sink:
        address = plain(sink.port)
    with pytest.raises(Unreachable, match="no connection"):
        MAIL.send(address, page(), TIMEOUT_S)


@pytest.mark.parametrize("greeting", [b"", b"220 slow\r\n", b"2"])
def test_no_server_keeps_us_longer_than_the_time_out(greeting: bytes) -> None:
    ended = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(greeting)
            while not ended.wait(0.1):
                try:
                    connection.sendall(b"2" if greeting else b"")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,), daemon=True)
        thread.start()
        began = time.monotonic()
        with pytest.raises(Unreachable, match="no complete answer within"):
            MAIL.send(plain(listener.getsockname()[1]), page(), 0.7)
        took = time.monotonic() - began
        ended.set()
        thread.join()
    assert took < 3


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("mailto://", "missing"),
        ("mailto://mail.example.org?from=hd@example.org&to=nobody", "e-mail address"),
        ("mailto://mail.example.org", "mailto://"),
        (f"mailto://mail.example.org?{PEOPLE},second@hospital.example", "one channel reaches one person"),
        (f"mailto://mail.example.org?{PEOPLE}&cc=second@hospital.example", "one channel reaches one person"),
        (f"mailto://127.0.0.1?{PEOPLE}", "this server itself"),
        (f"mailtos://169.254.169.254?{PEOPLE}", "only machines use"),
        (f"mailto://mail.example.org?{PEOPLE}&attach=/etc/passwd", "leave out attach="),
        (f"mailto://mail.example.org?{PEOPLE}&pgpkey=/etc/ssl/key", "leave out pgpkey="),
    ],
)
def test_what_is_refused_says_what_to_do(address: str, said: str) -> None:
    with pytest.raises(AddressError) as caught:
        Mail(Networks(), SystemClock()).check(address)
    assert said in caught.value.line()


def test_known_providers_need_no_server() -> None:
    mail = Mail(Networks(), SystemClock())
    mail.check("mailto://nurse:secret@gmail.com")
    assert mail.host("mailto://nurse:secret@gmail.com") == "mailto://smtp.gmail.com:587"


def test_no_header_can_be_smuggled_in() -> None:
    with pytest.raises(ValueError):
        compose(page(), "hd@example.org", "nurse@hospital.example\nBcc: x@example.org", 0)
    assert (
        compose(Page("1", Priority.LOW, site=Site(label="Unit B")), "a@b.org", "c@d.org", 0)["Importance"] == "normal"
    )
