"""Fixtures of the chaos tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from homehd.brokers import KINDS
from tests.system import System, running


@pytest.fixture(params=KINDS)
def system(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[System]:
    """A whole system, on each broker."""
    if request.param == "mosquitto":
        request.getfixturevalue("mosquitto")
    yield from running(tmp_path, request.param)
