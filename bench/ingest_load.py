"""The load of `bench.ingest`: many homes' messages, encoded beforehand, written to the broker by one process.

It costs its core little (some 3 µs a message, one of them for a live message's number and times), so that broker and
database, which share the core, are not measured together with a slow generator. It never runs further ahead of what was
received than a window well below what the broker keeps in its queue, so nothing is dropped there; whoever measures
counts, and says so if it is not so.
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
# So many homes of a paced load begin a second: each begins a treatment then, which is not what is measured.
BEGIN_PER_S: Final = 125.0


@dataclass(frozen=True)
class Load:
    """What is sent.

    Attributes:
        homes: (unit's name, shard). samples: per message. rounds: messages of each home.
        step_us: between two samples of a home, and between two rounds when they are paced.
        paced: one round per `step_us`, homes evenly spread over it, until told to stop; else as fast as it is received.
        settle_s: of a paced load, how long after the last has begun what is measured begins.
    """

    homes: Sequence[tuple[str, int]]
    samples: int
    lane: Lane
    rounds: int
    step_us: int
    paced: bool
    epoch: str
    settle_s: float = 0.0

    @property
    def messages(self) -> int:
        """How many in all."""
        return len(self.homes) * self.rounds


def packets(load: Load, start_us: int, rounds: range) -> list[bytes]:
    """Messages as they go onto the wire, round after round; the first sample of these is of `start_us`."""
    sent_us = time.time_ns() // 1000
    columns = [_columns(load.samples, n) for n in range(7)]
    up = [(unit, topics.home(shard, unit, "up")) for unit, shard in load.homes]
    found = []
    for number in rounds:
        at_us = start_us + (number - rounds[0]) * load.samples * load.step_us
        times = [at_us + k * load.step_us for k in range(load.samples)]
        for unit, topic in up:
            batch = _batch(
                load, unit, number * load.samples, times, max(times[-1] + 1000, sent_us), columns[number % 7]
            )
            found.append(packet(topic, wire.encode(batch)))
    return found


def _columns(count: int, variant: int) -> dict[int, bytes]:
    return {
        s.number: struct.pack(f"<{count}f", *(usual(s) + (variant + k) % 7 * 0.01 for k in range(count)))
        for s in MEASURED
    }


def _batch(load: Load, unit: str, seq: int, times: Sequence[int], sent_us: int, columns: dict[int, bytes]) -> Batch:
    count = len(times)
    return Batch(
        SCHEMA_VERSION, unit, load.epoch, "bench", sent_us, load.lane, seq, count, b"",
        struct.pack(f"<{count}q", *times), struct.pack(f"<{count}q", *(t // 1000 % 10**9 + 1 for t in times)),
        bytes([Flag.CLOCK_SYNCHRONISED]) * count, bytes([Phase.TX]) * count, b"", columns,
    )  # fmt: skip


class _Template:
    """One home's message, of which number and times are filled in when it is sent: that costs a microsecond."""

    # Of the widths that stay: msgpack writes numbers as short as they are.
    _SEQ: Final = 1_000_000
    _TIME_US: Final = 1_900_000_000_111_111
    _SENT_US: Final = 1_900_000_000_222_222

    def __init__(self, load: Load, unit: str, shard: int, variant: int) -> None:
        batch = _batch(load, unit, self._SEQ, [self._TIME_US], self._SENT_US, _columns(1, variant))
        self._data = bytearray(packet(topics.home(shard, unit, "up"), wire.encode(batch)))
        self._seq = self._data.index(struct.pack(">I", self._SEQ))
        self._sent = self._data.index(struct.pack(">Q", self._SENT_US))
        self._time = self._data.index(struct.pack("<q", self._TIME_US))
        self._mono = self._data.index(batch.monos)

    def fill(self, number: int, now_us: int) -> bytes:
        """The message number so many, of now."""
        data = self._data
        struct.pack_into(">I", data, self._seq, self._SEQ + number)
        struct.pack_into(">Q", data, self._sent, now_us)
        struct.pack_into("<q", data, self._time, now_us - 1000)
        struct.pack_into("<q", data, self._mono, now_us // 1000 % 10**9)
        return bytes(data)


def send(load: Load, port: int, counts: SynchronizedArray[Any], core: int) -> None:
    """A process: say that it is ready in counts[3], wait for counts[4], send, end when that is 2.

    As fast as it goes, a first round goes before all others and is waited for, and counts[7] is set when the others
    begin: a home that is heard for the first time begins a treatment, which is not what is measured.
    """
    os.sched_setaffinity(0, {core})
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(CONNECT)
        line.recv(4)
        ready = _live(load) if load.lane is Lane.LIVE else _backlog(load)
        counts[3] = 1
        _wait(lambda: counts[4] > 0)
        if load.paced:
            _paced(line, ready, load, counts)
        else:
            first = len(load.homes)
            _flat_out(line, ready, range(first), counts)
            _wait(lambda: counts[1] >= first or counts[4] == 2)
            counts[7] = 1
            _flat_out(line, ready, range(first, load.messages), counts)
        _wait(lambda: counts[4] == 2)


Ready = Callable[[int, int], bytes]
"""Message number so many of all homes in turn, sent at that time in microseconds."""


def _live(load: Load) -> Ready:
    """Of the time they are sent at: a message that has waited for seconds would be corrected, which costs more."""
    # Two that differ: values that never change are a finding (R34).
    templates = [_Template(load, *home, variant) for variant in (0, 3) for home in load.homes]
    homes, several = len(load.homes), len(templates)
    return lambda number, now_us: templates[number % several].fill(number // homes, now_us)


def _backlog(load: Load) -> Ready:
    ahead_us = load.rounds * load.samples * load.step_us
    messages = packets(load, time.time_ns() // 1000 - ahead_us, range(load.rounds))
    return lambda number, _now_us: messages[number]


def _wait(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.001)


def _flat_out(line: socket.socket, ready: Ready, numbers: range, counts: SynchronizedArray[Any]) -> None:
    window = min(WINDOW, max(100, _WINDOW_BYTES // len(ready(numbers[0], 0))))
    piece = max(1, window // 20)
    for at in range(0, len(numbers), piece):
        while numbers[at] - counts[0] > window:
            time.sleep(0.001)
        now_us = time.time_ns() // 1000
        line.sendall(b"".join([ready(number, now_us) for number in numbers[at : at + piece]]))


def _paced(line: socket.socket, ready: Ready, load: Load, counts: SynchronizedArray[Any]) -> None:
    """Until counts[4] says that it is the end; counts[8] is how many were sent."""
    homes, done = len(load.homes), 0
    start = time.monotonic()
    while counts[4] != 2 and not counts[9]:
        passed_s = time.monotonic() - start
        due = int(passed_s * homes * MICROSECONDS / load.step_us) + 1
        begun = int(passed_s * BEGIN_PER_S) + 1
        now_us = time.time_ns() // 1000
        slots = [n for n in range(done, due) if n % homes < begun]
        line.sendall(b"".join([ready(n, now_us) for n in slots]))
        done = due
        counts[8] += len(slots)
        time.sleep(_SLICE_S)
    counts[9] = 2
