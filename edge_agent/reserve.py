"""Disk space kept back for the day when there is none: given up to the outbox when the disk is full, taken back later.

A file of its own, because space inside the SQLite file would be used up like any other before the disk is full.
"""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

MEBIBYTE: Final = 1024 * 1024
RESERVE_BYTES: Final = 8 * MEBIBYTE  # the log's usual 4 MiB, what `edge_agent.squeeze` claims, and bookkeeping


class Reserve:
    """A file of nothing, `size` bytes of real disk; with `size` 0 there is none and none is asked for."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self.size = size

    @property
    def held(self) -> bool:
        """Whether there is anything to give up."""
        try:
            return self.size > 0 and self._path.stat().st_blocks > 0
        except OSError:
            return False

    @property
    def short(self) -> bool:
        """Whether there should be a reserve and is none, or only a part."""
        with suppress(OSError):
            return self.size > 0 and self._path.stat().st_blocks * 512 < self.size
        return self.size > 0

    def release(self) -> bool:
        """Give it up; whether that has freed anything."""
        if not self.held:
            return False
        with suppress(OSError):
            self._path.unlink()
            return True
        return False

    def refill(self, *, leave: int | None = None) -> bool:
        """Take it back if as much again, or `leave` bytes, stay free on the disk; whether it is whole now."""
        if not self.short:
            return True
        left = self.size if leave is None else leave
        size = min(self.size, (free_bytes(self._path.parent) or 0) - left)
        if size < self.size and leave is None:
            return False
        try:
            _allocate(self._path, size)
        except OSError as error:
            log.warning("no reserve", extra={"fields": {"error": str(error)}})
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
        return not self.short


def free_bytes(folder: Path) -> int | None:
    """What a program without privileges can still write there; None when that cannot be told."""
    try:
        status = os.statvfs(folder)
    except OSError:
        return None
    return status.f_bavail * status.f_frsize


def _allocate(path: Path, size: int) -> None:
    if size <= 0:
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, size)
    finally:
        os.close(descriptor)
