from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from protocols.hl7_dialysis.mllp import wrap
from simulators.hl7_client import Hl7Client, Outcome, read_answer
from telemetry.clock import SystemClock

MESSAGE = wrap(b"MSH|^~\\&|x\r")


def answer(code: str, control_id: str = "7") -> bytes:
    return wrap(f"MSH|^~\\&|homehd|||||ACK^R01|1|P|2.6\rMSA|{code}|{control_id}\r".encode())


class Box:
    """Answers as it is told: one entry of `script` for each message; None hangs up."""

    def __init__(self, script: list[bytes | None]) -> None:
        self.received: list[bytes] = []
        self._script = script
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while self._script:
            try:
                peer, _ = self._server.accept()
            except OSError:
                return
            with peer:
                while self._script:
                    data = peer.recv(65536)
                    if not data:
                        break
                    self.received.append(data)
                    reply = self._script.pop(0)
                    if reply is None:
                        break
                    peer.sendall(reply)

    def close(self) -> None:
        self._server.close()


Open = Callable[..., tuple[Box, Hl7Client]]


@pytest.fixture
def opened() -> Iterator[Open]:
    made: list[Box | Hl7Client] = []

    def make(*script: bytes | None) -> tuple[Box, Hl7Client]:
        box = Box(list(script))
        client = Hl7Client("127.0.0.1", box.port, SystemClock(), threading.Event(), 0.6)
        made.extend((box, client))
        return box, client

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ([answer("AA")], Outcome("AA", 1)),
        ([answer("AR")], Outcome("AR", 1)),
        ([answer("AE"), answer("AA")], Outcome("AA", 2)),
        ([answer("AE"), answer("AE")], Outcome("AE", 2)),
        ([b"", answer("AA")], Outcome("AA", 2)),
        ([None, answer("AA")], Outcome("AA", 2)),
        ([None, None], Outcome("", 2)),
        ([b"", b""], Outcome("", 2)),
        ([answer("AA", "another") + answer("AA")], Outcome("AA", 1)),
        ([answer("AA", "another"), answer("AA")], Outcome("AA", 2)),
    ],
)
def test_a_message_is_sent_twice_at_most(opened: Open, script: list[bytes | None], outcome: Outcome) -> None:
    box, client = opened(*script)
    assert client.deliver(MESSAGE, "7") == outcome
    assert b"".join(box.received) == MESSAGE * outcome.attempts, "the same bytes, so that they can be known again"


def test_one_connection_serves_many_messages(opened: Open) -> None:
    box, client = opened(*[answer("AA")] * 5)
    assert [client.deliver(MESSAGE, "7").answer for _ in range(5)] == ["AA"] * 5
    assert len(box.received) == 5


def test_a_box_that_is_not_there_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    client = Hl7Client("127.0.0.1", port, SystemClock(), threading.Event(), 0.3)
    assert client.deliver(MESSAGE, "7") == Outcome("", 2)


def test_only_its_own_answer_counts() -> None:
    assert read_answer(answer("AA", "7"), "7") == "AA"
    assert read_answer(answer("AA", "8"), "7") == ""
