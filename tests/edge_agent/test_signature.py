"""A configuration counts only with the signature of a signer that the box's own authority certified for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import Certificate

from edge_agent import signature
from registrar import authority, signing
from telemetry import wire
from telemetry.errors import HomehdError
from telemetry.messages import SignedConfig

NOW_US = 1_780_000_000 * 10**6
DAY_US = 86_400 * 10**6
ROOT = authority.create_root(NOW_US)
KEY = authority.new_key()
SIGNER = authority.issue_signer(ROOT, KEY.public_key(), NOW_US)
SETTINGS = b"[machine]\npoll_s = 2.0\n"


def signed(
    key: ec.EllipticCurvePrivateKey = KEY, signer: Certificate = SIGNER, settings: bytes = SETTINGS
) -> SignedConfig:
    return signing.sign(key, signer, "u1", 3, settings)


@pytest.fixture
def ca_file(tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    path.write_text(ROOT.pem)
    return str(path)


def test_a_genuine_one_is_told_so_by_the_child(ca_file: str) -> None:
    assert signature.reason_against(wire.encode(signed()), ca_file, NOW_US) == ""
    assert signature.reason_against(wire.encode(signed()), ca_file, None) == ""


def test_the_child_says_why_another_is_not(ca_file: str) -> None:
    payload = wire.encode(msgspec.structs.replace(signed(), settings=b"poll_s = 9"))
    assert "does not fit" in signature.reason_against(payload, ca_file, NOW_US)
    assert "remote configuration" in signature.reason_against(b"\x00", ca_file, NOW_US)


def test_that_it_could_not_be_found_out_is_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(HomehdError, match="check signature") as caught:
        signature.reason_against(wire.encode(signed()), str(tmp_path / "no-such-file"), NOW_US)
    assert caught.value.recoverable


@pytest.mark.parametrize("changed", [{"unit": "u2"}, {"serial": 4}, {"settings": b""}, {"signature": b"x"}])
def test_nothing_in_it_can_be_changed(changed: dict[str, Any]) -> None:
    with pytest.raises(signature.SignatureError, match="does not fit"):
        signature.verify(msgspec.structs.replace(signed(), **changed), ROOT.pem.encode(), NOW_US)


def test_another_authority_s_signer_is_refused() -> None:
    other = authority.create_root(NOW_US)
    forged = signed(signer=authority.issue_signer(other, KEY.public_key(), NOW_US))
    with pytest.raises(signature.SignatureError, match="not certified"):
        signature.verify(forged, ROOT.pem.encode(), NOW_US)


def test_an_authority_that_only_has_the_same_name_is_refused() -> None:
    namesake = authority.Authority(authority.new_key(), ROOT.certificate)
    forged = signed(signer=authority.issue_signer(namesake, KEY.public_key(), NOW_US))
    with pytest.raises(signature.SignatureError, match="not certified"):
        signature.verify(forged, ROOT.pem.encode(), NOW_US)


@pytest.mark.parametrize(
    "certificate",
    [
        authority.issue_unit(ROOT, "u1", KEY.public_key(), NOW_US),
        authority.issue_service(ROOT, "ingest", KEY.public_key(), NOW_US),
        authority.issue_server(ROOT, ["localhost"], KEY.public_key(), NOW_US),
    ],
    ids=["unit", "service", "server"],
)
def test_a_certificate_for_something_else_cannot_sign(certificate: Certificate) -> None:
    with pytest.raises(signature.SignatureError, match="may not sign"):
        signature.verify(signed(signer=certificate), ROOT.pem.encode(), NOW_US)


def test_a_signer_whose_time_is_over_is_refused_only_by_a_clock_that_is_right() -> None:
    late = NOW_US + 500 * DAY_US
    with pytest.raises(signature.SignatureError, match="not valid today"):
        signature.verify(signed(), ROOT.pem.encode(), late)
    signature.verify(signed(), ROOT.pem.encode(), None)


@pytest.mark.parametrize("signer", [b"", b"\x30\x00", b"x" * 100])
def test_any_bytes_as_a_signer_are_refused(signer: bytes) -> None:
    with pytest.raises(signature.SignatureError, match="not a certificate"):
        signature.verify(msgspec.structs.replace(signed(), signer=signer), ROOT.pem.encode(), NOW_US)
