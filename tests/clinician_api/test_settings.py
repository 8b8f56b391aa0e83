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


def test_tls_is_known_from_the_origins() -> None:
    assert not ApiOptions(database_url="", allowed_origins=("http://hd.example",)).https
    assert ApiOptions(database_url="", allowed_origins=("http://x", "https://hd.example")).https
