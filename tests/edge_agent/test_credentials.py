from __future__ import annotations

import hashlib
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from edge_agent import credentials
from edge_agent.credentials import CredentialError
from registrar import authority as ca
from registrar.requests import public_key

NOW_US = 1_750_000_000_000_000
DAY_US = 86_400_000_000
UNIT = "k7m2qx4d"
ROOT = ca.create_root(NOW_US)


def key_of(pem: bytes) -> Any:
    return serialization.load_pem_private_key(pem, None)


def test_the_request_is_one_that_the_registrar_takes() -> None:
    key = credentials.new_key()
    request = credentials.request(key, UNIT)
    assert public_key(request, UNIT) == key_of(key).public_key()
    assert b"PRIVATE" not in request


def test_an_identity_serves_a_tls_client(tmp_path: Path) -> None:
    key = credentials.new_key()
    leaf = ca.issue_unit(ROOT, UNIT, public_key(credentials.request(key, UNIT), UNIT), NOW_US)
    whole, until_us = credentials.identity(key, ca.as_pem(leaf), ROOT.pem, UNIT, NOW_US)
    assert until_us == NOW_US + 90 * DAY_US
    (tmp_path / "identity.pem").write_bytes(whole)
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(tmp_path / "identity.pem", tmp_path / "identity.pem")


def test_what_does_not_fit_is_not_taken() -> None:
    key, other = credentials.new_key(), credentials.new_key()
    public = key_of(key).public_key()
    good = ca.as_pem(ca.issue_unit(ROOT, UNIT, public, NOW_US))
    stranger = ca.create_root(NOW_US)
    cases = [
        (key, ca.as_pem(ca.issue_unit(stranger, UNIT, public, NOW_US)), NOW_US, "not issued by our authority"),
        (key, ROOT.pem, NOW_US, "not of unit"),
        (key, ca.as_pem(ca.issue_unit(ROOT, "another1", public, NOW_US)), NOW_US, f"not of unit {UNIT}"),
        (key, ca.as_pem(ca.issue_server(ROOT, [UNIT], public, NOW_US)), NOW_US, "not for a client"),
        (other, good, NOW_US, "of another key"),
        (key, good, NOW_US + 90 * DAY_US, "over since 2025-09-13: is this box's clock right"),
        (key, "", NOW_US, "not a certificate in PEM"),
        (key, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", NOW_US, "not a certificate"),
        (key, "ä", NOW_US, "not a certificate"),
        (b"rubbish", good, NOW_US, "it is damaged"),
    ]
    for held, chain, now_us, said in cases:
        with pytest.raises(CredentialError, match=said):
            credentials.identity(held, chain, ROOT.pem, UNIT, now_us)
    # Not valid yet by a slow clock: the broker judges by its own.
    credentials.identity(key, good, stranger.pem + ROOT.pem, UNIT, NOW_US - 30 * DAY_US)


def test_the_authority_is_known_by_its_fingerprint() -> None:
    assert credentials.authority("\n" + ROOT.pem + "tail", ROOT.fingerprint) == ROOT.pem
    with pytest.raises(CredentialError, match="somebody stand between"):
        credentials.authority(ca.create_root(NOW_US).pem, ROOT.fingerprint)
    with pytest.raises(CredentialError, match="not a certificate"):
        credentials.authority("<html>", hashlib.sha256(b"").digest())
    assert credentials.begins_us(ROOT.pem) == NOW_US - DAY_US


def test_keys_are_told_apart() -> None:
    one, other = credentials.new_key(), credentials.new_key()
    assert credentials.is_key(one) and not credentials.is_key(b"rubbish") and not credentials.is_key(one[:50])
    assert credentials.same_key(one, one + ROOT.pem.encode())
    assert not credentials.same_key(one, other) and not credentials.same_key(one, b"")


def test_the_running_agent_does_not_load_it() -> None:
    script = "import sys, edge_agent.agent, edge_agent.renewal; print([m for m in sys.modules if 'cryptography' in m])"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
