"""Fixtures everybody shares. A part that is not installed is skipped with a line that says so, and required in CI."""

from __future__ import annotations

import os

import pytest

from homehd.brokers import find


def require(available: object, what: str, how: str) -> None:
    """Skip when a part of the machine is missing, fail instead where it must be there (CI=true)."""
    if available:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is required in CI: {how}")
    pytest.skip(f"{what} is not installed: {how}")


@pytest.fixture
def mosquitto() -> None:
    """Needs the Mosquitto broker."""
    require(find("mosquitto"), "Mosquitto", "apt-get install mosquitto")
