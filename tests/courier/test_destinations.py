"""What settings may say of a destination, and what is wrong with what they may not."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from courier import destinations
from telemetry.errors import HomehdError, SettingsError


def test_with_nothing_said() -> None:
    one = destinations.parse("emr", "mllp://10.0.0.7")
    assert (one.host, one.port, one.tls, one.alerts, one.every_s) == ("10.0.0.7", 2575, False, True, 60)
    assert (one.clinic, one.names, one.answer_s, one.route.sender) == (None, False, 10.0, ("homehd",))
    assert str(one) == "emr at 10.0.0.7:2575" and one.tls_context() is None


def test_with_everything_said() -> None:
    url = (
        "mllps://emr.example.org:6661?send=readings&every_s=30&clinic=North%20Side&names=yes&application=EMR&facility=N"
        "&answer_s=5&ca_file=/ca.pem&cert_file=/c.pem&key_file=/k.pem"
    )
    one = destinations.parse("emr-2", url, "homehd^1.2.3^ISO")
    assert (one.host, one.port, one.tls, one.alerts, one.every_s) == ("emr.example.org", 6661, True, False, 30)
    assert (one.clinic, one.names, one.answer_s) == ("North Side", True, 5.0)
    assert (one.route.sender, one.route.application, one.route.facility) == (("homehd", "1.2.3", "ISO"), "EMR", "N")
    assert one.wanted.readings_every_s == 30 and one.wanted.clinic == "North Side"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://x", "no such address"),
        ("mllp://", "no such address"),
        ("mllp://u:p@x", "no such address"),
        ("mllp://x/path", "no such address"),
        ("mllp://x:99999", "Port out of range"),
        ("mllp://x?send=letters", "alerts, readings or both"),
        ("mllp://x?every_s=5", "10 to 3600"),
        ("mllp://x?every_s=often", "could not convert"),
        ("mllp://x?answer_s=31", "1 to 30"),
        ("mllp://x?names=yes", "over TLS"),
        ("mllp://x?names=maybe", "yes or no"),
        ("mllp://x?ca_file=/x", "only mllps"),
        ("mllps://x?cert_file=/x", "or neither"),
        ("mllp://x?send=alerts&send=readings", "once"),
        ("mllp://x?colour=red", "no other"),
        ("mllp://x?clinic=", "no other"),
    ],
)
def test_what_is_no_destination(url: str, said: str) -> None:
    with pytest.raises(SettingsError) as found:
        destinations.parse("emr", url)
    assert said in found.value.line() and "HOMEHD_HL7" in found.value.line()


@pytest.mark.parametrize("name", ["", "EMR", "e m r", "é", "x" * 33, "a/b"])
def test_names(name: str) -> None:
    with pytest.raises(SettingsError):
        destinations.parse(name, "mllp://x")


@pytest.mark.parametrize("sender", ["", "a^b", "a^^c", "a^b^c^d", "a\n"])
def test_senders(sender: str) -> None:
    with pytest.raises(SettingsError):
        destinations.parse("emr", "mllp://x", sender)


def test_names_may_go_to_this_machine_without_tls() -> None:
    assert destinations.parse("emr", "mllp://localhost?names=yes").names
    assert destinations.parse("emr", "mllp://[::1]?names=yes").names


def test_all_of_them_by_name() -> None:
    named = {"b": "mllp://x", "a": "mllp://y"}
    assert [one.name for one in destinations.parse_all(named, "homehd")] == ["a", "b"]


def test_tls_files_that_do_not_serve_are_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    for file in ("ca.pem", "none.pem"):
        with pytest.raises(HomehdError) as found:
            destinations.parse("emr", f"mllps://x?ca_file={tmp_path / file}").tls_context()
        assert "emr at x:2575" in found.value.line()
    made = destinations.parse("emr", "mllps://x").tls_context()
    assert made is not None and made.verify_mode is ssl.CERT_REQUIRED and made.check_hostname
