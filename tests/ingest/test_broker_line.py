from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from ingest import broker_line
from ingest.broker_line import BrokerLine
from ingest.inbox import Message
from ingest.publishes import packet

CONNACK = b"\x20\x02\x00\x00"


@pytest.fixture
def ends() -> Iterator[tuple[BrokerLine, socket.socket]]:
    ours, theirs = socket.socketpair()
    line = BrokerLine(ours)
    line.setblocking(False)
    theirs.settimeout(5.0)
    yield line, theirs
    line.close()
    theirs.close()


def test_messages_come_to_us_and_every_other_packet_to_paho_in_its_turn(
    ends: tuple[BrokerLine, socket.socket],
) -> None:
    line, theirs = ends
    burst: list[Message] = []
    seen: list[tuple[bytes, int]] = []

    def paho_reads() -> None:
        seen.append((line.recv(1) + line.recv(100), len(burst)))

    theirs.sendall(CONNACK + packet("a", b"1") + packet("b", b"2") + CONNACK + packet("c", b"3")[:4])
    assert line.fill()
    line.take(7, burst, paho_reads)
    assert [(m.topic, m.payload, m.received_us) for m in burst] == [("a", b"1", 7), ("b", b"2", 7)]
    assert seen == [(CONNACK, 0), (CONNACK, 2)]
    with pytest.raises(BlockingIOError):
        line.recv(1)

    theirs.sendall(packet("c", b"3")[4:])
    assert line.fill()
    line.take(8, burst, paho_reads)
    assert burst[2:] == [Message("c", b"3", 8)]
    assert not line.fill()


def test_what_is_written_goes_out_together_and_in_order(ends: tuple[BrokerLine, socket.socket]) -> None:
    line, theirs = ends
    assert not line.wants_write
    assert line.send(b"\xc0\x00") == 2
    assert line.publish("a", b"1")
    assert line.wants_write
    line.flush()

    assert not line.wants_write
    assert theirs.recv(100) == b"\xc0\x00" + packet("a", b"1")


def test_what_the_other_end_does_not_take_waits_and_is_bounded(
    ends: tuple[BrokerLine, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    line, theirs = ends
    monkeypatch.setattr(broker_line, "MAX_UNSENT", 2_000_000)
    payload = bytes(100_000)
    taken = 0
    while line.publish("a", payload):
        taken += 1
        line.flush()
    assert line.wants_write
    wanted, got = taken * len(packet("a", payload)), 0
    while got < wanted:
        got += len(theirs.recv(1_000_000))
        line.flush()
    assert got == wanted
    assert line.publish("a", b"again")


def test_the_end_of_the_line_is_an_error_for_us_and_an_end_for_paho(ends: tuple[BrokerLine, socket.socket]) -> None:
    line, theirs = ends
    theirs.close()
    with pytest.raises(ConnectionResetError):
        line.fill()
    line.lose()
    assert line.recv(1) == b""
