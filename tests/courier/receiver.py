"""A receiver of HL7 over MLLP for tests: it answers as it is told, in all the ways that receivers do and should not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

START, END = b"\x0b", b"\x1c\r"


@dataclass
class Receiver:
    """What came, in its order, and how it is answered.

    `plan`: one word for each message, the last for all that follow: AA, AE, AR, CA, CE, CR; silent; close (hangs up
    without a word); garbage; half (of a frame, then nothing); wrong id; late id (another's answer first, then ours);
    too long; split (byte by byte); unframed; then whatever `before` does, first.
    """

    plan: list[str] = field(default_factory=lambda: ["AA"])
    port: int = 0
    seen: list[str] = field(default_factory=list)
    connections: int = 0
    before: Callable[[str], None] = lambda _: None
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    @property
    def control_ids(self) -> list[str]:
        return [message.split("|")[9] for message in self.seen]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        kept = b""
        with suppress(OSError):
            while data := await reader.read(65536):
                kept += data
                while END in kept:
                    block, _, kept = kept.partition(END)
                    assert block[:1] == START
                    message = block[1:].decode()
                    self.seen.append(message)
                    word = self.plan.pop(0) if len(self.plan) > 1 else self.plan[0]
                    self.before(message)
                    if not await self._answer(word, message.split("|")[9], writer):
                        writer.close()
                        return
        writer.close()

    async def _answer(self, word: str, control_id: str, writer: asyncio.StreamWriter) -> bool:
        match word:
            case "silent":
                return True
            case "close":
                return False
            case "garbage":
                writer.write(bytes(range(256)) * 8)
            case "half":
                writer.write(framed("AA", control_id)[:-6])
            case "unframed":
                writer.write(framed("AA", control_id).strip(START + END))
            case "wrong id":
                writer.write(framed("AA", "another"))
            case "late id":
                writer.write(framed("AR", "another") + framed("AA", control_id))
            case "too long":
                writer.write(START + b"x" * 70_000)
            case "split":
                for byte in framed("AA", control_id):
                    writer.write(bytes([byte]))
                    await writer.drain()
            case _:
                writer.write(framed(word, control_id))
        await writer.drain()
        return True


def framed(code: str, control_id: str) -> bytes:
    text = f"MSH|^~\\&|EMR||homehd||20250615||ACK|1|P|2.6\rMSA|{code}|{control_id}|Ada Example is unknown\r"
    text += "ERR||PID^1^3|204^Unknown key identifier^HL70357|E\r" if code not in ("AA", "CA") else ""
    return START + text.encode() + END


@asynccontextmanager
async def receiving(*plan: str) -> AsyncIterator[Receiver]:
    """One that listens on a port of this machine for as long as the block lasts."""
    receiver = Receiver(list(plan) or ["AA"])
    async with listening(receiver.serve, receiver.writers) as port:
        receiver.port = port
        yield receiver


@asynccontextmanager
async def listening(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    writers: list[asyncio.StreamWriter], port: int = 0, context: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:  # fmt: skip
    """A server for the block; afterwards all its connections (`writers`) are cut. Its port."""
    server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0)
