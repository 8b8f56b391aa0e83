"""A process whose wall clock is set from outside while it runs. Monotonic time goes on as it is, as on a real box."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from homehd.children import Child
from tests.conftest import require

# libfaketime 0.9.10 spoils the deadline of Python's time.sleep (EINVAL) when monotonic time is left alone; waiting for
# an event is left in peace. Ours never sleeps so, but the MQTT client does between two attempts to connect.
SLEEP = "import threading, time\ntime.sleep = lambda seconds: threading.Event().wait(seconds) and None\n"
LIBRARY = next(map(str, Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), "")


class WallClock:
    """What processes started with `environment` take for the time: the real one and `offset_s`."""

    def __init__(self, file: Path) -> None:
        require(LIBRARY, "libfaketime", "apt-get install faketime")
        self._file = file
        self._python = file.with_suffix(".python")
        self._python.mkdir()
        (self._python / "sitecustomize.py").write_text(SLEEP)
        self.offset_s = 0.0
        self.set(0.0)

    @property
    def environment(self) -> Mapping[str, str]:
        """For the processes that are to believe it."""
        return {
            "LD_PRELOAD": LIBRARY,
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "PYTHONPATH": str(self._python),
        }

    def set(self, offset_s: float) -> None:
        """Set the clock, at once, by so many seconds from the real time."""
        draft = self._file.with_suffix(".new")
        draft.write_text(f"{offset_s:+.3f}\n")
        draft.replace(self._file)
        self.offset_s = offset_s

    def set_to(self, wall_s: float) -> None:
        """Set the clock to a time, in seconds since 1970."""
        self.set(wall_s - time.time())

    def believed_by(self, child: Child) -> None:
        """Let a child that is not started yet believe it."""
        child.environment = {**child.environment, **self.environment}
