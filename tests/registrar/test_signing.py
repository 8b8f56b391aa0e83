"""What is signed here is what the box accepts, and what cannot travel is not signed."""

from __future__ import annotations

import pytest

from edge_agent import signature
from registrar import authority, signing
from telemetry import wire
from telemetry.errors import WireError

NOW_US = 1_780_000_000 * 10**6


def test_a_signed_configuration_is_accepted_by_the_box() -> None:
    root, key = authority.create_root(NOW_US), authority.new_key()
    config = signing.sign(key, authority.issue_signer(root, key.public_key(), NOW_US), "u1", 1, b"")
    signature.verify(wire.decode_config(wire.encode(config)), root.pem.encode(), NOW_US)


def test_one_too_large_to_travel_is_refused_here() -> None:
    root, key = authority.create_root(NOW_US), authority.new_key()
    signer = authority.issue_signer(root, key.public_key(), NOW_US)
    with pytest.raises(WireError, match="settings of"):
        signing.sign(key, signer, "u1", 1, bytes(wire.MAX_SETTINGS + 1))
