from __future__ import annotations

import select
import socket
from collections.abc import Iterator

import pytest

from edge_agent.mllp_connection import MAX_UNSENT, UNSENT_S, Connection

LIMITS = {"stuck_s": 60.0, "idle_s": 600.0}


@pytest.fixture
def pair() -> Iterator[tuple[Connection, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        peer = socket.create_connection(server.getsockname())
        ours, _ = server.accept()
    connection = Connection(ours, "127.0.0.1", 0.0)
    yield connection, peer
    connection.close()
    connection.close()
    peer.close()


Pair = tuple[Connection, socket.socket]


def arrive(connection: Connection) -> None:
    assert select.select([connection.sock], [], [], 5.0)[0]


def test_what_comes_is_read_and_what_is_sent_arrives(pair: Pair) -> None:
    connection, peer = pair
    assert connection.read(0.0) == b"" and not connection.over
    peer.sendall(b"hello")
    arrive(connection)
    assert connection.read(3.0) == b"hello"
    assert (connection.bytes_s, connection.message_s) == (3.0, 0.0)
    connection.send(b"answer", 3.0)
    assert peer.recv(100) == b"answer"
    assert connection.interest == select.POLLIN


def test_dead_peers_are_looked_for(pair: Pair) -> None:
    sock = pair[0].sock
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) <= 60


def test_a_peer_that_closed_its_half_still_gets_its_answer(pair: Pair) -> None:
    connection, peer = pair
    peer.sendall(b"last words")
    peer.shutdown(socket.SHUT_WR)
    arrive(connection)
    assert connection.read(0.0) == b"last words" and not connection.over
    connection.send(b"answer", 0.0)
    assert connection.read(0.0) == b""
    assert connection.over
    assert peer.recv(100) == b"answer"


def test_a_reset_is_the_end_and_no_error(pair: Pair) -> None:
    connection, peer = pair
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    peer.close()
    arrive(connection)
    assert connection.read(0.0) == b"" and connection.over
    connection.send(b"answer", 0.0)
    connection.flush(0.0)


def test_a_peer_that_does_not_read_is_not_read_and_then_given_up(pair: Pair) -> None:
    connection, _ = pair
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    sent = 0
    while connection.interest == select.POLLIN:
        connection.send(b"x" * 4096, 1.0)
        sent += 4096
        assert sent < 50_000_000
    assert not connection.over
    connection.check(UNSENT_S, **LIMITS)
    assert not connection.over
    connection.check(1.0 + UNSENT_S, **LIMITS)
    assert connection.over


def test_unsent_answers_are_bounded(pair: Pair) -> None:
    connection, _ = pair
    for _ in range(20_000):
        connection.send(b"x" * 4096, 1.0)
        if connection.over:
            break
    assert connection.over and len(connection._unsent) <= MAX_UNSENT + 4096


def test_one_that_talks_nonsense_or_was_forgotten_is_given_up(pair: Pair) -> None:
    connection, _ = pair
    connection.check(599.0, **LIMITS)
    assert not connection.over, "silence alone harms nobody"
    connection.bytes_s = 599.0
    connection.check(600.0, **LIMITS)
    assert connection.over, "bytes for ten minutes, and no message"


def test_one_that_says_nothing_at_all_ends_in_time(pair: Pair) -> None:
    connection, _ = pair
    connection.check(600.0, **LIMITS)
    assert connection.over
