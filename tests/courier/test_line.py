"""The way to a receiver: what is wrong is said in words, and nobody is believed who cannot show who they are."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from courier.destinations import Destination
from courier.line import Line, NoAnswer
from homehd.brokers import free_port
from interop.hl7.answers import Verdict
from registrar import authority, ca_files
from telemetry.clock import SystemClock
from tests.courier.receiver import Receiver, listening, receiving

BODY = "MSH|^~\\&|||||||ACK|id-1|P|2.6\r"


def at(port: int, **more: object) -> Destination:
    return Destination("emr", "127.0.0.1", port, **{"tls": False, "answer_s": 0.2, **more})


async def sent(port: int, **more: object) -> Verdict:
    line = Line(at(port, **more))
    try:
        return (await line.send(BODY, "id-1")).verdict
    finally:
        await line.close()


async def test_there_and_back() -> None:
    async with receiving("AA") as receiver:
        assert await sent(receiver.port) is Verdict.ACCEPTED
    assert receiver.seen == [BODY]


async def test_nobody_there() -> None:
    with pytest.raises(NoAnswer, match="no connection"):
        await sent(free_port())


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("silent", "no answer within"), ("half", "no answer within"), ("close", "closed without an answer"),
        ("too long", "longer than"), ("wrong id", "no answer within"),
    ],
)  # fmt: skip
async def test_what_is_no_answer_is_said_in_words(word: str, why: str) -> None:
    async with receiving(word) as receiver:
        with pytest.raises(NoAnswer, match=why):
            await sent(receiver.port)


async def test_a_flood_that_never_ends_is_not_listened_to() -> None:
    stopped, writers = asyncio.Event(), []

    async def flood(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        try:
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        except OSError:
            stopped.set()

    async with listening(flood, writers) as port:
        with pytest.raises(NoAnswer, match="longer than"):
            await sent(port, answer_s=5.0)
        await asyncio.wait_for(stopped.wait(), 5)


async def test_one_that_takes_nothing_is_given_up_in_time() -> None:
    """Its window is closed: what is written stays here."""
    writers = []

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        reader._transport.pause_reading()  # type: ignore[attr-defined]

    async with listening(deaf, writers) as port:
        line = Line(at(port))
        with pytest.raises(NoAnswer, match="no answer within"):
            await line.send(BODY + "x" * 8_000_000, "id-1")


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    """A folder with root.pem, and server.pem with its key, good for 127.0.0.1."""
    now_us = SystemClock().now_us()
    root, key = authority.create_root(now_us), authority.new_key()
    certificate = authority.issue_server(root, ["127.0.0.1"], key.public_key(), now_us)
    (tmp_path / "root.pem").write_text(root.pem)
    (tmp_path / "server.pem").write_bytes(ca_files.key_pem(key) + authority.as_pem(certificate).encode())
    return tmp_path


async def over_tls(folder: Path, ca: Path | None) -> tuple[Receiver, Verdict | None, str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    receiver = Receiver()
    files = {} if ca is None else {"ca_file": str(ca)}
    async with listening(receiver.serve, receiver.writers, context=context) as port:
        try:
            return receiver, await sent(port, tls=True, files=files, answer_s=2.0), ""
        except NoAnswer as error:
            return receiver, None, str(error)


async def test_over_tls(pair: Path) -> None:
    receiver, verdict, _ = await over_tls(pair, pair / "root.pem")
    assert verdict is Verdict.ACCEPTED and receiver.seen == [BODY]


async def test_a_stranger_gets_nothing(pair: Path) -> None:
    receiver, verdict, why = await over_tls(pair, None)
    assert verdict is None and receiver.seen == [] and "certificate is not accepted" in why
