"""A bare `websockets` server that sends recorded frames to everybody, as they were recorded: part of `bench.live`.

    python -m bench.live_floor RECORD

RECORD has a line `[seconds, text]` for each frame, a snapshot first. It looks up nothing, judges nothing and makes no
frame but for the time of the first and last reading in it, so that the clients measure alike: what is left is the
fan-out itself. Prints its address; ends when its input does.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from websockets.asyncio.server import ServerConnection, broadcast, serve

MARK: Final = '"time":"'


async def main() -> int:
    """Serve until the input ends."""
    frames = [json.loads(line) for line in Path(sys.argv[1]).read_text("utf-8").splitlines()]
    snapshot, deltas = frames[0][1], frames[1:]
    there: set[ServerConnection] = set()

    async def one(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(snapshot)
        there.add(connection)
        try:
            await connection.wait_closed()
        finally:
            there.discard(connection)

    async with serve(one, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        print(f"http://127.0.0.1:{port}", flush=True)
        ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        replay = asyncio.create_task(tell(there, deltas))
        await ended
        replay.cancel()
    return 0


async def tell(there: set[ServerConnection], deltas: list[tuple[float, str]]) -> None:
    """The record, over and over."""
    loop = asyncio.get_running_loop()
    while True:
        begun_s = loop.time() - deltas[0][0]
        for at_s, text in deltas:
            await asyncio.sleep(max(0.0, begun_s + at_s - loop.time()))
            broadcast(there, stamped(text))
        await asyncio.sleep(0.1)


def stamped(text: str) -> str:
    """With the first and the last reading taken now."""
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    first, last = text.find(MARK), text.rfind(MARK)
    if first < 0 or not text.startswith('{"type":"readings"'):
        return text
    for at in {first, last}:
        start = at + len(MARK)
        end = text.index('"', start)
        if end - start == len(now):  # a time without a fraction is shorter: left as it is, and not counted
            text = f"{text[:start]}{now}{text[end:]}"
    return text


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
