"""TLS as it is spoken: only 1.3, and nobody keeps a connection."""

from __future__ import annotations

import logging
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from fastapi import FastAPI

from registrar import authority as ca
from registrar import ca_files, server
from registrar.authority import Authority
from telemetry.clock import SystemClock
from telemetry.errors import HomehdError


@pytest.fixture(scope="module")
def root() -> Authority:
    return ca.create_root(SystemClock().now_us())


def pair(root: Authority, path: Path) -> ca.x509.Certificate:
    key = ca.new_key()
    leaf = ca.issue_server(root, ["127.0.0.1"], key.public_key(), SystemClock().now_us())
    ca_files.write(path, ca_files.key_pem(key) + ca.as_pem(leaf).encode())
    return leaf


class Running:
    def __init__(self, tls: ssl.SSLContext) -> None:
        app = FastAPI()

        @app.get("/")
        async def hello() -> str:
            return "hello"

        self.stop, ready = threading.Event(), threading.Event()

        def on_ready(port: int) -> None:
            self.port = port
            ready.set()

        self.thread = threading.Thread(target=server.serve, args=(app, ("127.0.0.1", 0), tls, self.stop, on_ready))
        self.thread.start()
        assert ready.wait(10)

    def connect(self, context: ssl.SSLContext, source: str = "127.0.0.1") -> ssl.SSLSocket:
        return context.wrap_socket(self.plain(source), server_hostname="127.0.0.1")

    def plain(self, source: str) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=5, source_address=(source, 0))

    def end(self) -> None:
        self.stop.set()
        self.thread.join(10)
        assert not self.thread.is_alive(), "it ends within ten seconds"


@pytest.fixture
def tls(root: Authority, tmp_path: Path) -> ssl.SSLContext:
    pair(root, tmp_path / "server.pem")
    return server.tls_context(tmp_path / "server.pem")


@pytest.fixture
def running(tls: ssl.SSLContext) -> Iterator[Running]:
    running = Running(tls)
    yield running
    running.end()


def trusting(root: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=root.pem)


def test_tls_1_3_and_nothing_older(running: Running, root: Authority) -> None:
    with running.connect(trusting(root)) as line:
        assert line.version() == "TLSv1.3"
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        said = line.recv(4096)
        assert b"200 OK" in said and b"server:" not in said.lower()
    old = trusting(root)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        running.connect(old)
    with pytest.raises(ssl.SSLCertVerificationError):
        running.connect(ssl.create_default_context())


def test_a_renewed_certificate_is_shown_to_the_next_client(
    running: Running, tls: ssl.SSLContext, root: Authority, tmp_path: Path
) -> None:
    def shown() -> str:
        with running.connect(trusting(root)) as line:
            return str((line.getpeercert() or {})["serialNumber"]).lower().lstrip("0")

    before = shown()
    leaf = pair(root, tmp_path / "next.pem")
    tls.load_cert_chain(tmp_path / "next.pem")
    assert shown() == ca.serial_of(leaf) != before


def test_a_connection_ends_when_its_time_is_over(
    running: Running, root: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "CONNECTION_S", 0.3)
    with running.connect(trusting(root)) as line:
        line.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        line.settimeout(5)
        with suppress(ConnectionResetError, ssl.SSLEOFError):
            assert line.recv(100) == b""


def test_an_address_that_is_taken_is_named(running: Running, tls: ssl.SSLContext) -> None:
    with pytest.raises(HomehdError, match=f"listen: 127.0.0.1:{running.port}"):
        server.serve(FastAPI(), ("127.0.0.1", running.port), tls, threading.Event(), lambda _: None)


def resident() -> int:
    """This process's memory in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def is_open(line: socket.socket) -> bool:
    line.settimeout(0)
    try:
        return bool(line.recv(4096)) and is_open(line)  # what TLS says after its handshake
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    except OSError:
        return False


def still_open(lines: list[socket.socket], wanted: int, within_s: float = 5.0) -> int:
    """How many the server has not closed, once they are as few as wanted, or the time is over."""
    until = time.monotonic() + within_s
    while (left := sum(is_open(line) for line in lines)) > wanted and time.monotonic() < until:
        time.sleep(0.05)
    return left


def besiege(running: Running, root: Authority, source: str, count: int) -> list[socket.socket]:
    """Half of them say nothing, half begin a request."""
    lines: list[socket.socket] = []
    for n in range(count):
        with suppress(OSError):
            if n % 2:
                lines.append(running.plain(source))
            else:
                line = running.connect(trusting(root), source)
                line.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx")
                lines.append(line)
    return lines


def answered(running: Running, root: Authority, source: str) -> bool:
    with running.connect(trusting(root), source) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        return b"200 OK" in line.recv(4096)


def test_one_address_holds_sixteen_connections_and_keeps_nobody_out(
    running: Running, root: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    before = resident()
    lines = besiege(running, root, "127.0.0.1", 400)
    assert 0 < still_open(lines, server.MAX_OF_ONE) <= server.MAX_OF_ONE
    assert answered(running, root, "127.0.0.2")
    assert resident() - before < 40e6
    assert len([record for record in caplog.records if "turned away" in record.getMessage()]) <= 1
    for line in lines:
        line.close()
    until = time.monotonic() + 5
    while time.monotonic() < until:
        with suppress(OSError):
            if answered(running, root, "127.0.0.1"):
                return
        time.sleep(0.05)
    pytest.fail("places are given back")


def test_all_together_hold_no_more_than_there_are_places_for(running: Running) -> None:
    lines = [running.plain(f"127.0.1.{n // 15}") for n in range(server.MAX_CONNECTIONS + 100)]
    assert still_open(lines, server.MAX_CONNECTIONS) == server.MAX_CONNECTIONS
    for line in lines:
        line.close()


def test_who_says_nothing_and_who_never_ends_is_hung_up_on(
    tls: ssl.SSLContext, root: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HANDSHAKE_S", 0.5)
    monkeypatch.setattr(server, "CONNECTION_S", 1.5)
    running = Running(tls)
    try:
        lines = besiege(running, root, "127.0.0.1", 14)
        assert len(lines) == 14
        assert still_open(lines, 7, 1.2) == 7, "those without a handshake go first"
        assert still_open(lines, 0) == 0
    finally:
        running.end()


def test_the_time_of_a_handshake_counts(tls: ssl.SSLContext, root: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "CONNECTION_S", 1.0)
    running = Running(tls)
    try:
        begun = time.monotonic()
        plain = running.plain("127.0.0.1")
        threading.Event().wait(0.8)
        with trusting(root).wrap_socket(plain, server_hostname="127.0.0.1") as line:
            assert still_open([line], 0) == 0
        assert time.monotonic() - begun < 1.6
    finally:
        running.end()


def test_a_line_strangers_can_cause_is_written_once_a_minute_with_its_number() -> None:
    def record(text: str, at_s: float) -> logging.LogRecord:
        made = logging.LogRecord("x", logging.WARNING, "", 0, text, None, None)
        made.created = at_s
        return made

    seldom = server.Seldom()
    assert [seldom.filter(record("a", at_s)) for at_s in (0, 1, 59)] == [True, False, False]
    assert seldom.filter(record("b", 2))
    later = record("a", 60)
    assert seldom.filter(later) and vars(later)["fields"] == {"kept_back": 2}
    assert seldom.filter(record("a", -3600)), "a clock that was set back silences nobody"


def test_uvicorns_own_lines_are_kept_back_too(
    running: Running, root: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(10):
        with running.connect(trusting(root)) as line, suppress(OSError):
            line.sendall(b"nonsense\r\n\r\n")
            line.recv(4096)
    assert len([record for record in caplog.records if "Invalid HTTP" in record.getMessage()]) <= 1
