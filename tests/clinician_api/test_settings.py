"""Settings out of range are refused when they are read."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clinician_api.settings import ApiOptions


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": 70000},
        {"heartbeat_s": 6},
        {"recheck_s": 5},
        {"session_hours": 0},
        {"max_connections": 1},
        {"trusted_proxies": ["proxy.example"]},
        {"trusted_proxies": ["10.0.0.1/8"]},
        {"hots": "x"},
    ],
)
def test_out_of_range(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"database_url": "postgresql://", **wrong}, ApiOptions)


def test_the_bounds_of_the_design_hold_by_default() -> None:
    options = ApiOptions(database_url="")
    assert options.recheck_s < 4, "a session's end closes its sockets within five seconds"
    assert options.heartbeat_s <= 5, "a page says 'no connection' after ten seconds of silence"


HOSPITAL = {"issuer": "https://id.example", "client_id": "homehd", "public_url": "https://hd.example"}


@pytest.mark.parametrize(
    ("addresses", "https"),
    [
        ({}, False),
        ({"allowed_origins": ["http://hd.example"]}, False),
        ({"public_url": "http://hd.example", "allowed_origins": ["http://x"]}, False),
        ({"allowed_origins": ["https://hd.example"]}, True),
        ({"public_url": "https://hd.example"}, True),
        ({"hospital": HOSPITAL}, True),
        ({"public_url": "https://hd.example", "allowed_origins": ["https://x"], "hospital": HOSPITAL}, True),
    ],
)
def test_tls_is_known_from_any_address_by_which_people_come(addresses: dict[str, Any], https: bool) -> None:
    assert msgspec.convert({"database_url": "", **addresses}, ApiOptions).https is https


@pytest.mark.parametrize(
    "addresses",
    [
        {"allowed_origins": ["http://x", "https://hd.example"]},
        {"public_url": "http://hd.example", "allowed_origins": ["https://hd.example"]},
        {"public_url": "https://hd.example", "allowed_origins": ["http://hd.example"]},
        {"public_url": "http://hd.example", "hospital": HOSPITAL},
    ],
)
def test_addresses_that_contradict_each_other_are_refused(addresses: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError, match="all of allowed_origins are to begin with https://, or none"):
        msgspec.convert({"database_url": "", **addresses}, ApiOptions)
