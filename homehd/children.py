"""Processes of ours: each with its own log file, started again when it dies, ended with us however we end."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG: Final = 1
_STOP_S: Final = 10.0
_RESTART_AFTER_S: Final = 1.0


@dataclass
class Child:
    """One `homehd` verb in a process of its own."""

    name: str
    words: Sequence[str]
    log_file: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    starts: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _down_since_s: float | None = None

    def start(self) -> None:
        """Start it; its output goes to the log file."""
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as sink:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "homehd", *self.words],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL, stdout=sink, stderr=sink,
                start_new_session=True,  # Ctrl-C is for the parent, which then stops its children in order
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )  # fmt: skip
        self.starts += 1
        self._down_since_s = None

    @property
    def pid(self) -> int:
        """Process id of the latest start."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it is alive."""
        return self._process is not None and self._process.poll() is None

    def keep_running(self, now_s: float) -> None:
        """Start it again a second after it was found dead; call this often."""
        if self.running or self._process is None:
            return
        if self._down_since_s is None:
            self._down_since_s = now_s
            fields = {"child": self.name, "code": self._process.returncode, "log": str(self.log_file)}
            log.warning("child ended", extra={"fields": fields})
        elif now_s - self._down_since_s >= _RESTART_AFTER_S:
            self.start()

    def kill(self) -> None:
        """SIGKILL, and reap it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def last_words(self) -> str:
        """The last line of its log, for an error message."""
        try:
            lines = self.log_file.read_text("utf-8", "replace").strip().splitlines()
        except OSError:
            return "no log"
        return lines[-1][:400] if lines else "no output"


def stop_all(children: Sequence[Child]) -> None:
    """End them together: ask all, then wait, then insist."""
    running = [child for child in children if child.running]
    for child in running:
        os.kill(child.pid, signal.SIGTERM)
    for child in running:
        assert child._process is not None
        try:
            child._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            log.warning("child did not end in time", extra={"fields": {"child": child.name}})
            child.kill()


def _die_with_parent() -> None:
    # A demo that is killed outright must not leave a dozen processes behind.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
