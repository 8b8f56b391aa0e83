"""The cable between a machine and its box, in the hands of a test: pulled, replaced, damaged, or shouted into."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import threading
import tty
from collections.abc import Callable
from pathlib import Path
from random import Random

from simulators.pty_link import PtyLink
from tests.conftest import require
from tests.system import wait_for

Damage = Callable[[bytes], bytes]
UNTOUCHED: Damage = bytes


class Cable:
    """socat between the machine's port and the one the agent is told of: a process that ends is a cable pulled out."""

    def __init__(self, machine: Path, port: Path) -> None:
        require(shutil.which("socat"), "socat", "apt-get install socat")
        self._machine, self._port = machine, port
        self._process: subprocess.Popen[bytes] | None = None

    def plug_in(self) -> None:
        """Connect; returns when the port is there."""
        words = ["socat", f"PTY,link={self._port},rawer", f"OPEN:{self._machine},rawer"]
        self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL)
        wait_for("the cable", self._port.exists, 10)

    def pull_out(self) -> None:
        """Take the port away, whatever is under way on it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self._port.unlink(missing_ok=True)


class Line:
    """A cable that passes polls on as they are and answers as `damage` leaves them."""

    def __init__(self, machine: Path, port: Path) -> None:
        self.damage = UNTOUCHED
        self.damaged = 0  # answers of the machine, in pieces as they came
        self._link = PtyLink(port)
        self._link.plug_in()
        self._machine = os.open(machine, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self._machine)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def shout(self, data: bytes) -> None:
        """Bytes for the agent that no machine sent."""
        self._link.write(data)

    def close(self) -> None:
        """Take it away."""
        self._stop.set()
        self._thread.join(5)
        self._link.unplug()
        os.close(self._machine)

    def _carry(self) -> None:
        ends = (self._link.master, self._machine)
        while not self._stop.is_set():
            for end in select.select(ends, [], [], 0.1)[0]:
                with contextlib.suppress(BlockingIOError):
                    if end == self._machine:
                        data = os.read(self._machine, 4096)
                        carried = self.damage(data)
                        self.damaged += carried != data
                        self._link.write(carried)
                    else:
                        os.write(self._machine, self._link.read())


def damaging(damage: Callable[[Random, bytes], bytes], seed: int) -> Damage:
    """One of `tests.noisy_line`'s, with its own source of chance."""
    rng = Random(seed)
    return lambda data: damage(rng, data)
