"""All kinds behind one: which address is whose, and that none shows or logs what it should keep."""

from __future__ import annotations

from io import StringIO

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from notifier.channels import AddressError, Channels, Unreachable
from notifier.channels.networks import Networks
from notifier.channels.web_push import Sender
from telemetry.clock import SystemClock
from tests.notifier.http_sink import Behaviour, http_sink
from tests.notifier.pages import LOOPBACK, SECRETS, TIMEOUT_S, page
from tests.notifier.push_stand_in import push_stand_in
from tests.notifier.smtp_sink import smtp_sink


class Nowhere(Networks):
    """So that no test speaks to a real service."""

    def refusal(self, address: str) -> str:
        return "somewhere else"


CHANNELS = Channels(Networks(), SystemClock())


@pytest.mark.parametrize("address", SECRETS, ids=lambda address: address[:12])
def test_a_mask_shows_none_of_what_it_hides(address: str) -> None:
    CHANNELS.check(address)
    for shown in (CHANNELS.mask(address), CHANNELS.host(address)):
        assert 0 < len(shown) <= 102
        assert not [secret for secret in SECRETS[address] if secret in shown], shown


@pytest.mark.parametrize("address", SECRETS, ids=lambda address: address[:12])
def test_what_is_wrong_with_an_address_is_told_without_it(address: str) -> None:
    broken = [address[: len(address) // 2], address.replace("://", ":///"), address + "?template=/x", address + "\n"]
    told = []
    for text in broken:
        try:
            CHANNELS.check(text)
        except AddressError as error:
            told.append(error.line())
    assert told
    assert not [secret for secret in SECRETS[address] for line in told if secret in line], told


@pytest.mark.parametrize("address", SECRETS, ids=lambda address: address[:12])
def test_nothing_of_an_address_gets_into_an_error_or_a_log(address: str, log: StringIO) -> None:
    sender = Sender(ec.generate_private_key(ec.SECP256R1()), "mailto:operations@example.org")
    with pytest.raises(Unreachable) as caught:
        Channels(Nowhere(), SystemClock(), sender).send(address, page(), TIMEOUT_S)
    said = caught.value.line() + log.getvalue()
    assert not [secret for secret in SECRETS[address] if secret in said], said


def test_a_receiver_s_answer_does_not_get_there_either(log: StringIO) -> None:
    here = Channels(LOOPBACK, SystemClock())
    with http_sink() as sink:
        sink.behaviour = Behaviour(status=403, headers={"X-Echo": "hook T0KEN"})
        with pytest.raises(Unreachable) as caught:
            here.send(f"json://nurse:hunter2@{sink.authority}/hook/T0KEN", page(), TIMEOUT_S)
        assert sink.requests[0].path == "/hook/T0KEN"
    said = caught.value.line() + log.getvalue()
    assert not [secret for secret in ("hunter2", "T0KEN", "nurse") if secret in said], said


def test_each_address_goes_its_way() -> None:
    here = Channels(LOOPBACK, SystemClock())
    with smtp_sink() as mails, http_sink() as sink, push_stand_in() as service:
        here.send(f"MAILTO://127.0.0.1:{mails.port}?from=a@b.org&to=c@d.org", page(), TIMEOUT_S)
        here.send(f"json://{sink.authority}/", page(), TIMEOUT_S)
        with pytest.raises(Unreachable, match="web push is not set up"):
            here.send(service.subscription, page(), TIMEOUT_S)
        assert (len(mails.mails), len(sink.requests)) == (1, 1)
