from __future__ import annotations

from pathlib import Path

import pytest

from tests.interop import checkers


@pytest.fixture(scope="session")
def judges(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the independent checkers are."""
    return checkers.install(tmp_path_factory.mktemp("judges"))
