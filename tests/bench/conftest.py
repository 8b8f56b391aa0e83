"""Where the short forms of benchmarks keep their databases: they show that one runs, not how fast a disk is."""

from __future__ import annotations

import tempfile

import pytest

from tests import scratch


@pytest.fixture
def in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Temporary folders in memory."""
    monkeypatch.setattr(tempfile, "tempdir", str(scratch.place()))
