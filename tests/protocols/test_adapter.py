from __future__ import annotations

import pytest

from protocols import ADAPTERS, get_adapter
from protocols.adapter import SerialLine
from protocols.events import Observation
from telemetry.errors import SettingsError


def test_the_list_is_explicit_and_keyed_by_name() -> None:
    assert list(ADAPTERS) == ["jsdt", "hl7_dialysis", "mqtt_gateway", "gambro_ak"]
    assert all(name == adapter.name and adapter.grade for name, adapter in ADAPTERS.items())


def test_jsdt_sends_the_poll_and_nothing_else() -> None:
    adapter = get_adapter("jsdt")
    assert adapter.poll == bytes([0x4B, 0x0D, 0x0A])
    assert adapter.serial == SerialLine(baud=9600, bits=8, parity="N", stop=1)
    assert not [name for name in dir(adapter.decoder("v1")) if "send" in name or "write" in name]


def test_each_profile_has_a_decoder_of_its_own(published: dict[str, bytes]) -> None:
    adapter = get_adapter("jsdt")
    assert adapter.profiles == ("v1", "nikkiso-v2", "toray-tr8000", "toray-tr321")
    first, second = adapter.decoder("v1"), adapter.decoder("v1")
    assert first.receive(published["v1"][:40]) == []
    (event,) = second.receive(published["v1"])
    assert isinstance(event, Observation), "decoders share nothing"
    for name in adapter.profiles:
        assert adapter.decoder(name).receive(b"") == []


def test_unknown_names_are_settings_errors_that_list_the_known() -> None:
    with pytest.raises(SettingsError, match="jsdt") as protocol:
        get_adapter("modbus")
    with pytest.raises(SettingsError, match="v1, nikkiso-v2, toray-tr8000, toray-tr321") as profile:
        get_adapter("jsdt").decoder("dbb-exa")
    assert protocol.value.exit_code == profile.value.exit_code == 2


def test_no_decoder_of_a_serial_machine_has_anything_to_answer() -> None:
    # An answer exists only in `AnsweringDecoder.take`: the serial shell calls `receive`, which gives none.
    for adapter in ADAPTERS.values():
        for profile in adapter.profiles:
            answers = hasattr(adapter.decoder(profile), "take")
            assert answers == (adapter.transport == "mllp")
            assert (adapter.serial is not None) == (adapter.transport == "serial")
