"""Many clients of a live socket in one process, as cheap as they can be: part of `bench.live`.

    python -m bench.live_clients PLAN

No library: the frames' lengths are read, and of a frame of readings the time of the first and the last reading. Says
`ready` once everybody has a snapshot, then measures for as long as the plan says and prints what it saw as JSON.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import resource
import socket
import sys
import time
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

MARK: Final = b'"time":"'
READY_S: Final = 60.0
AGAIN_S: Final = 2.0  # between a reconnecting client's snapshot and its leaving


class Plan(msgspec.Struct):
    """What to do. `record`: a file for the frames of the first client. `shut_out`: of how many the session will end."""

    url: str
    cookies: list[str]
    clients: int
    seconds: float
    stalled: int = 0
    leaving: int = 0
    shut_out: int = 0
    record: str = ""


@dataclass
class Tally:
    """What was seen in the time measured. Sizes in bytes, times in seconds. `shut_at_s`: when, by the wall clock, those
    were closed whose session ended.
    """

    on_the_way_s: list[float] = field(default_factory=list)
    snapshot_s: list[float] = field(default_factory=list)
    snapshot_bytes: int = 0
    frames: int = 0
    received: int = 0
    lost: int = 0
    shut_at_s: list[float] = field(default_factory=list)
    stalled_closed: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0


class Client(asyncio.Protocol):
    """One screen. `has`: set with the first frame."""

    def __init__(self, plan: Plan, cookie: str, tally: Tally, *, record: list[tuple[float, str]] | None = None) -> None:
        self._plan, self._cookie, self._tally, self._record = plan, cookie, tally, record
        self._held = bytearray()
        self._upgraded = False
        self._begun_s = time.monotonic()
        self.has: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.stalls = False
        self.leaves = False
        self.is_shut_out = False
        self.gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the socket."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        where = urlsplit(self._plan.url).netloc
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /ws HTTP/1.1\r\nHost: {where}\r\nOrigin: {self._plan.url}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Cookie: {self._cookie}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Some bytes: as many frames as are whole."""
        self._tally.received += len(data)
        held = self._held
        held += data
        if not self._upgraded:
            end = held.find(b"\r\n\r\n")
            if end < 0:
                return
            if not held.startswith(b"HTTP/1.1 101"):
                raise RuntimeError(held[:300].decode(errors="replace"))
            del held[: end + 4]
            self._upgraded = True
            self._say(1, b'{"subscribe":{"units":"all"}}')
        at = 0
        while (found := frame_at(held, at)) is not None:
            opcode, start, at = found
            self._take(opcode, bytes(held[start:at]))
        del held[:at]

    def connection_lost(self, _error: Exception | None) -> None:
        """The end, by whomever."""
        self.gone = True
        if self.is_shut_out:
            self._tally.shut_at_s.append(time.time())
        elif not self.leaves and not self.stalls:
            self._tally.lost += 1
        if not self.has.done():
            self.has.cancel()

    def _take(self, opcode: int, body: bytes) -> None:
        now_s = time.time()
        if opcode == 9:
            self._say(10, body)
        if opcode == 8:  # as any client would: the answer, and the end
            self.transport.close()
        if opcode != 1:
            return
        self._tally.frames += 1
        if self._record is not None:
            self._record.append((time.monotonic() - self._begun_s, body.decode()))
        if not self.has.done():
            self.has.set_result(None)
            self._tally.snapshot_s.append(time.monotonic() - self._begun_s)
            self._tally.snapshot_bytes = len(body)
            if self.stalls:
                self.transport.pause_reading()
        elif body.startswith(b'{"type":"readings"'):
            for place in {body.find(MARK), body.rfind(MARK)}:
                start = place + len(MARK)
                sent = datetime.fromisoformat(body[start : body.index(b'"', start)].decode())
                self._tally.on_the_way_s.append(now_s - sent.timestamp())

    def _say(self, opcode: int, body: bytes) -> None:
        # A mask of zeros is a mask.
        self.transport.write(bytes([0x80 | opcode, 0x80 | len(body)]) + b"\0\0\0\0" + body)


def frame_at(held: bytearray, at: int) -> tuple[int, int, int] | None:
    """Opcode, where the body starts and where it ends; None while the frame is not whole."""
    if len(held) < at + 2:
        return None
    opcode, length, start = held[at] & 15, held[at + 1] & 127, at + 2
    if length > 125:
        wide = 2 if length == 126 else 8
        if len(held) < start + wide:
            return None
        length, start = int.from_bytes(held[start : start + wide]), start + wide
    end = start + length
    return (opcode, start, end) if len(held) >= end else None


class Crowd:
    """All clients of a plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._tally = Tally()
        self._record: list[tuple[float, str]] = []
        self._clients: list[Client] = []
        self._leavers: list[asyncio.Task[None]] = []

    async def run(self) -> Tally:
        """Open everybody, wait until all have something, measure."""
        plan, tally = self._plan, self._tally
        for number in range(plan.clients):
            self._clients.append(await self._open(number, stalls=number < plan.stalled))
        async with asyncio.timeout(READY_S):
            await asyncio.gather(*(client.has for client in self._clients))
        print("ready", flush=True)
        leaving = range(plan.stalled, plan.stalled + plan.leaving)
        for number in leaving:
            self._leavers.append(asyncio.create_task(self._come_and_go(number)))
        tally.__init__()  # type: ignore[misc]
        begun_s, cpu_s = time.monotonic(), used_s()
        await asyncio.sleep(plan.seconds)
        tally.seconds, tally.cpu_s = time.monotonic() - begun_s, used_s() - cpu_s
        seen = Tally(**asdict(tally))
        for task in self._leavers:
            task.cancel()
        await asyncio.gather(*self._leavers, return_exceptions=True)
        seen.stalled_closed = await self._closed()
        self._write_record()
        return seen

    async def _open(self, number: int, *, stalls: bool = False, leaves: bool = False) -> Client:
        plan = self._plan
        record = self._record if plan.record and number == plan.clients - 1 else None
        client = Client(plan, plan.cookies[number % len(plan.cookies)], self._tally, record=record)
        client.stalls, client.leaves, client.is_shut_out = stalls, leaves, number < plan.shut_out
        where = urlsplit(plan.url)
        sock = socket.socket()
        if stalls:  # what the kernel would take for it is no news to anybody
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(sock, (where.hostname or "", where.port or 80))
        await loop.create_connection(lambda: client, sock=sock)
        return client

    async def _come_and_go(self, number: int) -> None:
        while True:
            await asyncio.sleep(AGAIN_S * (0.5 + number % 10 / 10))
            client = self._clients[number]
            client.leaves = True
            client.transport.abort()
            self._clients[number] = client = await self._open(number, leaves=True)
            await client.has

    async def _closed(self) -> int:
        """How many of those that stopped reading the server had given up, once they read again."""
        stalled = self._clients[: self._plan.stalled]
        for client in stalled:
            client.transport.resume_reading()
        for _ in range(20):
            if all(client.gone for client in stalled):
                break
            await asyncio.sleep(0.1)
        return sum(client.gone for client in stalled)

    def _write_record(self) -> None:
        if self._plan.record:
            Path(self._plan.record).write_text("".join(json.dumps(line) + "\n" for line in self._record), "utf-8")


def used_s() -> float:
    """Processor seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Do what the plan says."""
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)
    print(json.dumps(asdict(asyncio.run(Crowd(plan).run()))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
