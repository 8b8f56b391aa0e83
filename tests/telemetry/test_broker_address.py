"""One grammar for broker addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry import broker_address
from telemetry.broker_address import BrokerAddress
from telemetry.broker_tls import TlsFiles
from telemetry.errors import SettingsError


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mqtt://localhost", BrokerAddress("localhost", 1883, tls=False)),
        ("mqtts://b.example", BrokerAddress("b.example", 8883, tls=True)),
        ("mqtt://10.0.0.1:99", BrokerAddress("10.0.0.1", 99, tls=False)),
        ("mqtts://[::1]:99/", BrokerAddress("::1", 99, tls=True)),
        ("mqtt://u:p%40ss@h", BrokerAddress("h", 1883, tls=False, username="u", password="p@ss")),
        (
            "mqtts://i:pw@h:8884?ca_file=/etc/ca.pem",
            BrokerAddress("h", 8884, tls=True, username="i", password="pw", files=TlsFiles("/etc/ca.pem")),
        ),
        (
            "mqtts://h/?cert_file=my%20cert&key_file=k",
            BrokerAddress("h", 8883, tls=True, files=TlsFiles("", "my cert", "k")),
        ),
    ],
)
def test_addresses(url: str, expected: BrokerAddress) -> None:
    assert broker_address.parse(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:1883",
        "http://x:1",
        "mqtt://",
        "mqtt://h:0",
        "mqtt://h:99999",
        "mqtt://h:x",
        "mqtt://h/path",
        "mqtt://h?a=1",
        "mqtts://h?a=1",
        "mqtts://h?ca_file",
        "mqtts://h?ca_file=",
        "mqtts://h?ca_file=a&ca_file=b",
        "mqtts://h?cert_file=a",
        "mqtt://h?ca_file=a",
    ],
)
def test_what_is_none_names_the_setting(url: str) -> None:
    with pytest.raises(SettingsError, match="HOMEHD_BROKER"):
        broker_address.parse(url)


@pytest.mark.parametrize("url", ["mqtt://user:secret@h:0", "mqtt://user:h?secret@h", "mqtts://user:h?secret=2@h"])
def test_credentials_show_in_no_text(url: str) -> None:
    assert "secret" not in str(broker_address.parse("mqtt://user:secret@h:99"))
    with pytest.raises(SettingsError) as caught:
        broker_address.parse(url)
    assert "secret" not in caught.value.line()


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_the_documented_error(text: str) -> None:
    try:
        address = broker_address.parse(text)
    except SettingsError:
        return
    assert address.host
    assert 0 < address.port < 65536
