"""The technician's page: what it says, who may ask, and what asking can cost."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import msgspec
import pytest

from edge_agent import status_page
from edge_agent.box_state import BoxState
from edge_agent.status_page import StatusPage, respond
from telemetry.clock import SystemClock
from telemetry.messages import MachineLink

NOW = 1_767_225_600_000_000
STATE = BoxState(
    version="0.1.0", taken_us=NOW, uptime_s=7200.0, machine=MachineLink.CONNECTED, reading_age_s=1.0, outbox_rows=3,
    outbox_share=0.01, lost=0, rejected=0, trouble="", broker='"><script>alert(1)</script>', synchronised=True,
)  # fmt: skip
NAMES = frozenset({"localhost", "box"})


def ask(*lines: str, state: BoxState | None = STATE) -> tuple[int, str, str]:
    answer = respond("\r\n".join(lines).encode("latin-1"), state, NOW, NAMES)
    head, _, body = answer.decode().partition("\r\n\r\n")
    return int(head.split(" ")[1]), head, body


def test_the_page_says_what_is_so_and_runs_nothing() -> None:
    code, head, body = ask("GET / HTTP/1.1", "Host: 192.168.1.7:8081")
    assert code == 200
    assert "default-src 'none'" in head
    assert "The box is in trouble" in body
    assert "well" not in body  # a page in a home must not be read as "the patient is well"
    assert "connected, last reading 1 s ago" in body
    assert "<script" not in body and "&lt;script&gt;" in body
    assert not re.search(r"(src|href|action)=|https?://|url\(|@import", body)
    assert f"Content-Length: {len(body.encode())}" in head


def test_the_same_for_a_program() -> None:
    code, head, body = ask("GET /status.json HTTP/1.1", "Host: localhost")
    assert (code, "application/json" in head) == (200, True)
    said = json.loads(body)
    assert said["light"] == "trouble"
    assert said["state"]["outbox_rows"] == 3
    assert {"part": "clock", "light": "good", "text": "right", "hint": ""} in said["lamps"]


def test_a_head_has_no_body() -> None:
    _, head, body = ask("HEAD / HTTP/1.1", "Host: box")
    assert body == ""
    assert int(re.findall(r"Content-Length: (\d+)", head)[0]) > 1000


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get"])
def test_nothing_but_reading(method: str) -> None:
    code, head, _ = ask(f"{method} / HTTP/1.1", "Host: localhost")
    assert code == 405
    assert "Allow: GET, HEAD" in head


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8081", "box", "box:80", "127.0.0.1", "10.0.0.3:8081", "[::1]", "[fe80::1]:8081"],
)
def test_addresses_and_the_box_s_own_names_are_hosts(host: str) -> None:
    assert ask("GET / HTTP/1.1", f"host: {host}")[0] == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8081", "127.0.0.1.evil.example", "", "box@evil.example", "[::1", "1.2.3.4:x", "a b"],
)
def test_a_foreign_name_that_points_here_is_refused(host: str) -> None:
    # DNS rebinding: a page elsewhere lets its own name point to the box, and its scripts could read what comes.
    assert ask("GET /status.json HTTP/1.1", f"Host: {host}")[0] == 403


def test_no_host_or_two_are_refused() -> None:
    assert ask("GET / HTTP/1.1")[0] == 403
    assert ask("GET / HTTP/1.1", "Host: localhost", "Host: evil.example")[0] == 403


@pytest.mark.parametrize("line", ["", "GET /", "GET / HTTP/1.1 x", "\x16\x03\x01", "GET / SPDY/3"])
def test_what_is_no_request_gets_one_answer(line: str) -> None:
    assert ask(line, "Host: localhost")[0] == 400


def test_other_paths_and_a_state_that_is_not_there_yet() -> None:
    assert ask("GET /../etc/passwd HTTP/1.1", "Host: localhost")[0] == 404
    assert ask("GET / HTTP/1.1", "Host: localhost", state=None)[0] == 503


@contextmanager
def serving(state: BoxState = STATE, listen: str = "127.0.0.1:0") -> Iterator[StatusPage]:
    page, stop = StatusPage(listen, lambda: state, SystemClock()), threading.Event()
    thread = threading.Thread(target=page.run, args=(stop,))
    thread.start()
    try:
        for _ in range(200):
            if page.bound:
                break
            stop.wait(0.02)
        yield page
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def get(port: int, path: str = "/") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


def test_a_browser_gets_it() -> None:
    with serving() as page:
        assert page.bound
        code, body = get(page.bound[1])
        assert code == 200 and "machine" in body
        assert get(page.bound[1], "/status.json")[0] == 200


def test_a_hung_agent_shows_as_one() -> None:
    with serving(msgspec.structs.replace(STATE, broker="")) as page:  # taken long ago
        assert page.bound
        assert "has not answered for" in get(page.bound[1])[1]


def test_who_trickles_is_cut_and_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_page, "LONGEST_S", 1.0)
    with serving() as page, ExitStack() as held:
        assert page.bound
        slow = [held.enter_context(socket.create_connection(page.bound, timeout=5)) for _ in range(40)]
        for connection in slow:
            connection.send(b"GET / HTT")
        assert get(page.bound[1])[0] == 200  # all places are taken: the oldest made room
        assert len(page._callers) <= status_page.MOST_CONNECTIONS
        for connection in slow:
            with suppress(ConnectionError):
                assert connection.recv(10) == b""  # cut, none later than its second
        assert get(page.bound[1])[0] == 200


def test_a_request_without_end_is_cut_at_its_size() -> None:
    with serving() as page:
        assert page.bound
        with socket.create_connection(page.bound, timeout=5) as connection:
            try:
                connection.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000)
                answer = connection.recv(1000)
            except ConnectionError:
                answer = b"HTTP/1.1 431"  # cut so early that the rest met a closed door
        assert answer.startswith(b"HTTP/1.1 431")


def test_a_port_that_is_taken_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_page, "LISTEN_AGAIN_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with serving(listen=f"127.0.0.1:{port}") as page:
            assert page.bound is None
            taken.close()
            for _ in range(100):
                if page.bound:
                    break
                threading.Event().wait(0.05)
            assert get(port)[0] == 200


def test_a_fault_of_the_page_does_not_end_its_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_page, "LISTEN_AGAIN_S", 0.05)
    broken = True

    def state() -> BoxState:
        if broken:
            raise RuntimeError("a bug")
        return STATE

    page, stop = StatusPage("127.0.0.1:0", state, SystemClock()), threading.Event()
    thread = threading.Thread(target=page.run, args=(stop,))
    thread.start()
    try:
        for _ in range(200):
            if page.bound:
                break
            stop.wait(0.02)
        assert page.bound
        with socket.create_connection(page.bound, timeout=5) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connection.recv(100) == b""
        broken = False
        stop.wait(0.3)
        assert get(page.bound[1])[0] == 200
    finally:
        stop.set()
        thread.join(10)


def test_three_thousand_requests_leave_memory_where_it_was() -> None:
    resident = Path("/proc/self/statm")
    with serving() as page:
        assert page.bound
        for _ in range(300):
            get(page.bound[1])
        before = int(resident.read_text().split()[1])
        for _ in range(3000):
            get(page.bound[1])
        assert int(resident.read_text().split()[1]) - before < 512  # pages of 4 KiB: 2 MiB
