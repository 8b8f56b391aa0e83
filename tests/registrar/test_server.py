"""TLS as it is spoken: only 1.3, and nobody keeps a connection."""

from __future__ import annotations

import socket
import ssl
import threading
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

    def connect(self, context: ssl.SSLContext) -> ssl.SSLSocket:
        return context.wrap_socket(
            socket.create_connection(("127.0.0.1", self.port), timeout=5), server_hostname="127.0.0.1"
        )

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
