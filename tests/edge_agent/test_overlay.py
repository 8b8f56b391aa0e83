"""What may be changed from afar is changed, anything else is refused by name."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent import overlay
from edge_agent.config import EdgeConfig, GatewaySettings, MachineSettings, OutboxSettings, UplinkSettings
from telemetry.errors import SettingsError

BASE = EdgeConfig(
    unit="u1",
    shard=3,
    broker="mqtt://127.0.0.1:1",
    machine=MachineSettings("jsdt", "v1", "/dev/ttyUSB0", poll_s=2.0),
    outbox=OutboxSettings("/var/lib/homehd/outbox.sqlite"),
    uplink=UplinkSettings(username="u", password="p"),
)


def test_what_is_said_changes_and_the_rest_stays() -> None:
    config = overlay.merged(BASE, b'[machine]\nprofile = "nikkiso-v2"\n\n[outbox]\nmax_days = 10')
    machine = msgspec.structs.replace(BASE.machine, profile="nikkiso-v2")
    outbox = msgspec.structs.replace(BASE.outbox, max_days=10)
    assert config == msgspec.structs.replace(BASE, machine=machine, outbox=outbox)


def test_nothing_said_changes_nothing() -> None:
    assert overlay.merged(BASE, b"") == BASE


def test_a_section_the_file_has_not_can_be_added() -> None:
    config = overlay.merged(BASE, b'[gateway]\nbroker = "mqtt://127.0.0.1:1884"')
    assert config.gateway == GatewaySettings("mqtt://127.0.0.1:1884")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b'unit = "u2"', "unit"),
        (b"shard = 4", "shard"),
        (b'[outbox]\npath = "/tmp/x"', "outbox.path"),
        (b'[uplink]\npassword = "x"', "uplink.password"),
        (b'[uplink]\nca_file = "/tmp/x"', "uplink.ca_file"),
        (b'[uplink]\nkey_file = "/tmp/x"', "uplink.key_file"),
        (b"[machine]\nexperimental = true", "machine.experimental"),
        (b"[machine]\npol_s = 1.0", "machine.pol_s"),
        (b"[machine.profile]\nx = 1", "profile"),
        (b"[[machine]]\npoll_s = 1.0", "machine"),
        (b"machine = 1", "machine"),
        (b"[machine]\npoll_s = 0.01", "poll_s"),
        (b'[machine]\nprofile = "v9"', "known"),
        (b'[gateway]\ntopic = "x"', "gateway"),
        (b"x = [", "their text"),
        (b"\xff", "UTF-8"),
    ],
)
def test_anything_else_is_refused(text: bytes, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        overlay.merged(BASE, text)


def test_every_changeable_key_is_one_of_the_configuration() -> None:
    document = msgspec.to_builtins(msgspec.structs.replace(BASE, gateway=GatewaySettings("mqtt://x")))
    known = {f"{name}.{key}" for name, part in document.items() if isinstance(part, dict) for key in part}
    assert not overlay.CHANGEABLE - known - set(document)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_give_a_configuration_or_a_settings_error(data: bytes) -> None:
    with suppress(SettingsError):
        overlay.merged(BASE, data)
