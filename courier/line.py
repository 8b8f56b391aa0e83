"""The way to one receiver: a TCP connection, kept while it serves, and one message at a time on it."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import Final

from courier.destinations import Destination
from interop.hl7 import answers, mllp
from interop.hl7.answers import Answer

CONNECT_S: Final = 5.0
_CHUNK: Final = 4096


class NoAnswer(Exception):
    """Nothing that counts was answered. Whether the receiver has the message is not known. Says why, in words."""


class Line:
    """To one destination. After anything but a sound answer the connection is closed: what comes on it later could be
    taken for the answer to something else.
    """

    def __init__(self, destination: Destination) -> None:
        self._to = destination
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, body: str, control_id: str) -> Answer:
        """Send it and wait for its answer; NoAnswer when none came in time. HomehdError: our TLS files do not serve."""
        try:
            async with asyncio.timeout(CONNECT_S):
                reader, writer = await self._connected()
        except (OSError, TimeoutError) as error:
            await self.close()
            raise NoAnswer(f"no connection: {_words(error)}") from error
        try:
            async with asyncio.timeout(self._to.answer_s):
                writer.write(mllp.wrap(body))
                await writer.drain()
                return await _answer(reader, control_id)
        except TimeoutError as error:
            await self.close()
            raise NoAnswer(f"no answer within {self._to.answer_s:g} s") from error
        except mllp.TooMuch as error:
            await self.close()
            raise NoAnswer("what came was longer than an answer can be") from error
        except OSError as error:
            await self.close()
            raise NoAnswer(f"the connection was lost: {_words(error)}") from error
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Hang up; the next message makes a new connection."""
        streams, self._streams = self._streams, None
        if streams is not None:
            streams[1].close()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await streams[1].wait_closed()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is not None and (self._streams[0].at_eof() or self._streams[1].is_closing()):
            await self.close()
        if self._streams is None:
            context = self._to.tls_context()
            self._streams = await asyncio.open_connection(self._to.host, self._to.port, ssl=context)
        return self._streams


async def _answer(reader: asyncio.StreamReader, control_id: str) -> Answer:
    """The first block that answers this message; others are passed over. TooMuch, OSError when it does not come."""
    unwrapper = mllp.Unwrapper()
    while True:
        data = await reader.read(_CHUNK)
        if not data:
            raise ConnectionResetError("closed without an answer")
        for block in unwrapper.receive(data):
            answer = answers.parse(block)
            if answer is not None and answer.control_id == control_id:
                return answer


def _words(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return f"not within {CONNECT_S:g} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted ({error.verify_message})"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
