"""Which networks a page may go to."""

from __future__ import annotations

import pytest

from notifier.channels.networks import Networks, parse
from telemetry.errors import SettingsError


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1",  # ourselves
        "169.254.169.254", "fe80::1", "fe80::1%eth0", "100.100.100.200", "fd00:ec2::254", "168.63.129.16",  # machines
        "224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1",  # nobody
        "0177.0.0.1", "2130706433", "127.1", "", "host.example.org",  # no address
    ],
)  # fmt: skip
def test_refused(address: str) -> None:
    assert Networks().refusal(address)


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.0.9", "172.16.0.1", "fd12::1", "8.8.8.8", "2606:4700::1111"])
def test_hospitals_and_the_internet_may_be_reached(address: str) -> None:
    assert Networks().refusal(address) == ""


def test_settings_allow_what_would_be_refused_and_nothing_beside_it() -> None:
    networks = parse(["127.0.0.0/8", "fe80::/10", "169.254.1.1"])
    for address in ("127.0.0.1", "::ffff:127.0.0.1", "fe80::7", "169.254.1.1"):
        assert networks.refusal(address) == ""
    for address in ("::1", "169.254.169.254"):
        assert networks.refusal(address)


@pytest.mark.parametrize("text", ["localhost", "127.0.0.1/8", "10.0.0.0/33", ""])
def test_a_setting_that_is_no_network(text: str) -> None:
    with pytest.raises(SettingsError, match="channel_networks"):
        parse([text])


def test_a_name_is_judged_when_it_is_looked_up_a_number_at_once() -> None:
    assert Networks().refusal_of_host("localhost") == ""
    for host in ("127.0.0.1", "::1", "2130706433"):
        assert Networks().refusal_of_host(host)
