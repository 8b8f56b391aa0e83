"""Whether the clock is right is asked, never assumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_agent import clock_sync

NOW_US = 1_800_000_000_000_000


def test_a_trusted_clock_needs_no_asking_but_1970_is_never_right() -> None:
    assert clock_sync.source("trusted", lambda: NOW_US)() is True
    assert clock_sync.source("trusted", lambda: 60_000_000)() is False


@pytest.mark.parametrize(("state", "expected"), [(0, True), (4, True), (5, False), (-1, False)])
def test_the_kernels_word_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, state: int, expected: bool) -> None:
    class Library:
        def __init__(self, _name: None) -> None: ...

        def adjtimex(self, _buffer: object) -> int:
            return state

    monkeypatch.setattr("ctypes.CDLL", Library)
    monkeypatch.setattr(clock_sync, "_TIMESYNCD", tmp_path / "synchronized")
    assert clock_sync.source("auto", lambda: NOW_US)() is expected
    (tmp_path / "synchronized").touch()
    assert clock_sync.source("auto", lambda: 0)() is False
    assert clock_sync.source("auto", lambda: NOW_US)() is True


def test_the_real_kernel_answers() -> None:
    assert clock_sync.kernel_says_synchronised() in (True, False)
