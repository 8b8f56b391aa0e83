"""The load of `bench.ingest`: many homes' messages, encoded beforehand, written to the broker by one process.

It costs its core little (some 2 µs a message), so that broker and database, which share the core, are not measured
together with a slow generator. It never runs further ahead of what was received than a window well below what the
broker keeps in its queue, so nothing is dropped there; whoever measures counts, and says so if it is not so.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.sharedctypes import SynchronizedArray
from typing import Any, Final

from bench.ingest_path import MEASURED, usual
from ingest.publishes import packet
from telemetry import topics, wire
from telemetry.clock import MICROSECONDS
from telemetry.messages import SCHEMA_VERSION, Batch, Flag, Lane
from telemetry.treatment import Phase

# Of messages; and of bytes for those of sixty samples.
WINDOW: Final = 20_000
_WINDOW_BYTES: Final = 8 * 1024 * 1024
CONNECT: Final = b"\x10\x12\x00\x04MQTT\x04\x02\x00\x00\x00\x06loader"
_SLICE_S: Final = 0.01


@dataclass(frozen=True)
class Load:
    """What is sent.

    Attributes:
        homes: (unit's name, shard). samples: per message. rounds: messages of each home.
        step_us: between two samples of a home, and between two rounds when they are paced.
        paced: one round per `step_us × samples`, homes evenly spread over it; else as fast as it is received.
    """

    homes: Sequence[tuple[str, int]]
    samples: int
    lane: Lane
    rounds: int
    step_us: int
    paced: bool
    epoch: str

    @property
    def messages(self) -> int:
        """How many in all."""
        return len(self.homes) * self.rounds


def packets(load: Load, start_us: int, rounds: range) -> list[bytes]:
    """Messages as they go onto the wire, round after round; the first sample of these is of `start_us`."""
    sent_us = time.time_ns() // 1000
    count = load.samples
    columns = [
        {
            s.number: struct.pack(f"<{count}f", *(usual(s) + (n + k) % 7 * 0.01 for k in range(count)))
            for s in MEASURED
        }
        for n in range(7)
    ]  # fmt: skip
    up = [(unit, topics.home(shard, unit, "up")) for unit, shard in load.homes]
    spread_us = load.step_us * count // len(up) if load.paced else 0
    found = []
    for number in rounds:
        since_us = (number - rounds[0]) * count * load.step_us
        for index, (unit, topic) in enumerate(up):
            at_us = start_us + since_us + index * spread_us
            times = [at_us + k * load.step_us for k in range(count)]
            batch = Batch(
                SCHEMA_VERSION, unit, load.epoch, "bench", max(times[-1] + 1000, sent_us), load.lane, number * count,
                count, b"", struct.pack(f"<{count}q", *times),
                struct.pack(f"<{count}q", *(t // 1000 % 10**9 + 1 for t in times)),
                bytes([Flag.CLOCK_SYNCHRONISED]) * count, bytes([Phase.TX]) * count, b"", columns[number % 7],
            )  # fmt: skip
            found.append(packet(topic, wire.encode(batch)))
    return found


def send(load: Load, port: int, counts: SynchronizedArray[Any], core: int) -> None:
    """A process: say that it is ready in counts[3], wait for counts[4], send, end when that is 2.

    A first round goes before all others and is waited for: a home that is heard for the first time begins a treatment,
    which is not what is measured. counts[7] is then set: when the others begin, in microseconds.
    """
    os.sched_setaffinity(0, {core})
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(CONNECT)
        line.recv(4)
        ahead_us = load.rounds * load.samples * load.step_us if load.lane is Lane.BACKFILL else MICROSECONDS
        first_us = time.time_ns() // 1000 - ahead_us
        hello = packets(load, first_us, range(1))
        counts[3] = 1
        _wait(lambda: counts[4] > 0)
        _flat_out(line, hello, counts)
        _wait(lambda: counts[1] >= len(hello) or counts[4] == 2)
        # Encoding takes a while, and what is paced is to be sent at the time its rows say.
        encoding_us = load.messages * 15 + MICROSECONDS // 2 if load.paced else 0
        start_us = first_us + load.samples * load.step_us if not load.paced else time.time_ns() // 1000 + encoding_us
        ready = packets(load, start_us, range(1, load.rounds))
        if load.paced:
            counts[7] = start_us
            _paced(line, ready, load, start_us)
        else:
            counts[7] = time.time_ns() // 1000
            _flat_out(line, ready, counts, len(hello))
        _wait(lambda: counts[4] == 2)


def _wait(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.001)


def _flat_out(line: socket.socket, ready: Sequence[bytes], counts: SynchronizedArray[Any], before: int = 0) -> None:
    window = min(WINDOW, max(100, _WINDOW_BYTES // len(ready[0])))
    piece = max(1, window // 20)
    for at in range(0, len(ready), piece):
        while before + at - counts[0] > window:
            time.sleep(0.001)
        line.sendall(b"".join(ready[at : at + piece]))


def _paced(line: socket.socket, ready: Sequence[bytes], load: Load, start_us: int) -> None:
    per_s = len(load.homes) * MICROSECONDS / (load.step_us * load.samples)
    sent = 0
    while sent < len(ready):
        due = min(len(ready), int((time.time_ns() // 1000 - start_us) / MICROSECONDS * per_s) + 1)
        if due > sent:
            line.sendall(b"".join(ready[sent:due]))
            sent = due
        time.sleep(_SLICE_S)
