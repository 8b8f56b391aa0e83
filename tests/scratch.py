"""Where the databases of tests lie: in memory, if it has room, else in the temporary folder.

Tests kill processes, not the machine, so no test hangs on what a disk has kept; and a file system that is slow to give
out room makes a new database for each test the longest part of a run. Not below pytest's folder: a run as the same user
that starts meanwhile takes every access control entry off it, and with it the way of the database's own user.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

MEMORY: Final = Path("/dev/shm")
# A server with its log is 200 MB, a worker's databases 20 MB, and four servers run at a time at most.
ROOM: Final = 2 << 30


def place() -> Path:
    """The folder to make databases in."""
    if os.access(MEMORY, os.W_OK | os.X_OK):
        found = os.statvfs(MEMORY)
        if found.f_bavail * found.f_frsize >= ROOM:
            return MEMORY
    return Path(tempfile.gettempdir())


@contextmanager
def folder(name: str) -> Iterator[Path]:
    """A new one there, taken away in the end; `name` tells whose it was if it should be left."""
    with tempfile.TemporaryDirectory(prefix=f"homehd-{name}-", dir=place(), ignore_cleanup_errors=True) as made:
        yield Path(made)
