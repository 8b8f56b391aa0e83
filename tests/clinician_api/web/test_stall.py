"""Whether a client takes what it is sent, on a real pair of sockets."""

from __future__ import annotations

import asyncio
import socket

from clinician_api.web.stall import StallWatch

MUCH = bytes(2_000_000)


class Sender(asyncio.Protocol):
    """Sends much at once, and watches whether it is taken."""

    def __init__(self) -> None:
        self.stalled = asyncio.Event()
        self.taken = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.watch = StallWatch(transport, 0.5, self.stalled.set)
        self.watch.bound(0)
        transport.write(MUCH)

    def pause_writing(self) -> None:
        self.watch.start()

    def resume_writing(self) -> None:
        self.watch.stop()
        self.taken.set()


async def test_who_takes_nothing_is_found_and_who_takes_it_slowly_is_not() -> None:
    loop, (ours, theirs) = asyncio.get_running_loop(), socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    transport, sender = await loop.create_connection(Sender, sock=ours)
    got = 0
    while not sender.taken.is_set():
        got += len(await loop.sock_recv(theirs, 100_000))
        await asyncio.sleep(0.1)
    assert not sender.stalled.is_set() and got > 1_000_000
    transport.write(MUCH)
    await asyncio.wait_for(sender.stalled.wait(), 30)
    transport.abort()
    theirs.close()
