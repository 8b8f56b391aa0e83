"""A thread that sends connects where it may, for as long as it may, and starts nothing."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from notifier.channels import guard
from notifier.channels.guard import sending
from notifier.channels.networks import Networks, parse
from tests.notifier.http_sink import Behaviour, HttpSink, http_sink, serving
from tests.notifier.pages import LOOPBACK
from tests.notifier.smtp_sink import tls_context


def test_what_a_name_leads_to_is_what_counts() -> None:
    with http_sink() as sink, sending(Networks(), 5) as watched, pytest.raises(requests.ConnectionError):
        requests.post(f"http://localhost:{sink.port}/", timeout=5)
    assert "this server itself" in watched.trouble
    assert sink.requests == []


def test_a_redirect_leads_nowhere_else() -> None:
    with http_sink("127.0.0.1") as inner, http_sink("127.0.0.2") as outer:
        outer.behaviour = Behaviour(status=307, headers={"Location": f"http://{inner.authority}/"})
        with sending(parse(["127.0.0.2"]), 5) as watched, pytest.raises(requests.ConnectionError):
            requests.post(f"http://{outer.authority}/", timeout=5)
        assert watched.refusal
        assert inner.requests == []


def test_without_a_connection_too() -> None:
    with (
        sending(Networks(), 5),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
        pytest.raises(guard.Refused),
    ):
        datagrams.sendto(b"x", ("127.0.0.1", 9))


def test_a_socket_of_this_machine_is_no_way_to_a_person(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as local:
        local.bind(str(tmp_path / "s"))
        local.listen()
        with sending(LOOPBACK, 5), socket.socket(socket.AF_UNIX) as connection, pytest.raises(guard.Refused):
            connection.connect(str(tmp_path / "s"))


def test_no_program_is_started() -> None:
    with sending(LOOPBACK, 5):
        with pytest.raises(guard.Refused):
            subprocess.run([sys.executable, "-c", ""], check=True)
        with pytest.raises(guard.Refused):
            os.system("true")


def test_other_threads_are_left_alone() -> None:
    reached: list[bool] = []

    def other(port: int) -> None:
        socket.create_connection(("127.0.0.1", port)).close()
        reached.append(True)

    with http_sink() as sink, sending(Networks(), 5):
        thread = threading.Thread(target=other, args=(sink.port,))
        thread.start()
        thread.join()
    assert reached == [True]


def test_afterwards_everything_is_allowed_again() -> None:
    with http_sink() as sink:
        with sending(Networks(), 5):
            pass
        assert requests.post(f"http://{sink.authority}/", timeout=5).status_code == 200


def test_who_answers_a_byte_at_a_time_is_hung_up_on() -> None:
    with http_sink() as sink:
        sink.behaviour = Behaviour(drips=True)
        began = time.monotonic()
        # Each byte comes well within the time-out of a read. What the torn answer is taken for is up to the library.
        with sending(LOOPBACK, 0.6) as watched, suppress(requests.RequestException):
            requests.post(f"http://{sink.authority}/", timeout=5)
        assert 0.5 < time.monotonic() - began < 3
        assert watched.trouble == "no complete answer within 0.6 s"


def test_behind_tls_too(tmp_path: Path) -> None:
    sink = HttpSink(tls_context(tmp_path).wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True))
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with serving(sink):
        sink.behaviour = Behaviour(drips=True)
        began = time.monotonic()
        with (
            sending(LOOPBACK, 0.6) as watched,
            socket.create_connection(("127.0.0.1", sink.port), 5) as plain,
            context.wrap_socket(plain) as connection,
        ):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            received = b""
            with suppress(OSError):
                while part := connection.recv(100):
                    received += part
        assert received.startswith(b"HTTP/1.1 200")
        assert watched.timed_out
        assert 0.5 < time.monotonic() - began < 3


def test_after_the_time_is_over_no_connection_is_made() -> None:
    with http_sink() as sink, sending(LOOPBACK, 0.05) as watched:
        time.sleep(0.3)
        with pytest.raises(guard.Refused):
            socket.create_connection(("127.0.0.1", sink.port))
    assert watched.timed_out


def test_it_leaves_no_clock_running() -> None:
    before = threading.active_count()
    for _ in range(20):
        with sending(LOOPBACK, 60):
            pass
    deadline = time.monotonic() + 5
    while threading.active_count() > before:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_holds_on_to_no_connection() -> None:
    folder = Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("counts open files where the system lists them")
    with http_sink() as sink:
        requests.post(f"http://{sink.authority}/", timeout=5)
        before = len(list(folder.iterdir()))
        for _ in range(20):
            with sending(LOOPBACK, 5):
                requests.post(f"http://{sink.authority}/", timeout=5)
        assert len(list(folder.iterdir())) < before + 10
