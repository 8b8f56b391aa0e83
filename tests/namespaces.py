"""Two network namespaces of a test's own, home and cloud, and a line between them as thin as it wants. Needs root.

Both directions go through `tc … tbf`, each with a queue that holds eight seconds, as the boxes do that homes connect to
the internet with. Nothing outside the two namespaces is touched.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.conftest import require

Side = Literal["home", "cloud"]
ADDRESS: dict[Side, str] = {"home": "10.77.0.2", "cloud": "10.77.0.1"}
_LINK: dict[Side, str] = {"home": "02:00:00:00:00:02", "cloud": "02:00:00:00:00:01"}
_FAR: dict[Side, Side] = {"home": "cloud", "cloud": "home"}
QUEUE_S = 8
PORT = "line"  # each side's end of the line


def require_namespaces() -> None:
    """Skip for ordinary users; skip without iproute2, or fail where it must be there."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    require(shutil.which("ip") and shutil.which("tc"), "iproute2", "apt-get install iproute2")


class ThinLine:
    """The line, and the processes at its ends. Close it when done: nothing outlives it."""

    def __init__(self, bits_per_s: int) -> None:
        require_namespaces()
        self.bytes_per_s = bits_per_s // 8
        stem = f"hhd-{uuid.uuid4().hex[:8]}"
        self._names: dict[Side, str] = {"home": f"{stem}-home", "cloud": f"{stem}-cloud"}
        self._processes: list[subprocess.Popen[bytes]] = []
        try:
            self._connect(bits_per_s)
        except BaseException:
            self.close()
            raise

    def start(self, side: Side, words: Sequence[str | Path], log: Path, more: Mapping[str, str]) -> Any:
        """A process at one end, its output in `log`; it ends with the line, or with us."""
        with log.open("ab") as sink:
            process = subprocess.Popen(
                ["ip", "netns", "exec", self._names[side], *map(str, words)], env={**os.environ, **more},
                stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True, preexec_fn=_die_with_us,
            )  # fmt: skip
        self._processes.append(process)
        return process

    def queued(self, side: Side) -> int:
        """Bytes that wait to leave this side."""
        return int(self._figures(side)["backlog"])

    def sent(self, side: Side) -> int:
        """Bytes that have left this side, headers and all."""
        return int(self._figures(side)["bytes"])

    def close(self) -> None:
        """End the processes, then the namespaces."""
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for name in self._names.values():
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)

    def _connect(self, bits_per_s: int) -> None:
        for name in self._names.values():
            _ip("netns", "add", name)
        home, cloud = self._names["home"], self._names["cloud"]
        _ip("link", "add", PORT, "netns", home, "type", "veth", "peer", "name", PORT, "netns", cloud)
        for side, name in self._names.items():
            far = _FAR[side]
            _ip("-n", name, "link", "set", "lo", "up")
            _ip("-n", name, "link", "set", PORT, "address", _LINK[side], "up")
            _ip("-n", name, "addr", "add", f"{ADDRESS[side]}/30", "dev", PORT)
            # No line to the internet asks who has an address, in the same queue as the data.
            _ip("-n", name, "neigh", "replace", ADDRESS[far], "lladdr", _LINK[far], "dev", PORT, "nud", "permanent")
            limit = self.bytes_per_s * QUEUE_S
            shape = f"root tbf rate {bits_per_s}bit burst 1600 limit {limit}".split()
            shaped = _run(["tc", "-n", name, "qdisc", "add", "dev", PORT, *shape])
            require(shaped.returncode == 0, "tbf", f"a kernel with sch_tbf: {shaped.stderr.strip()}")

    def _figures(self, side: Side) -> dict[str, Any]:
        shown = _run(["tc", "-n", self._names[side], "-s", "-j", "qdisc", "show", "dev", PORT])
        figures: list[dict[str, Any]] = json.loads(shown.stdout)
        return figures[0]


def _ip(*words: str) -> None:
    done = _run(["ip", *words])
    require(done.returncode == 0, "a network namespace", f"ip {' '.join(words)}: {done.stderr.strip()}")


def _run(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)


def _die_with_us() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
