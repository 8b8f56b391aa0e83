"""The server as a process and as a peer: SIGTERM, slow clients, a port that is taken, a database that is not there."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing

import httpx
import msgspec
import pytest

from clinician_api import server
from clinician_api.settings import ApiOptions
from telemetry.clock import SystemClock
from telemetry.errors import HomehdError, SettingsError
from tests.clinician_api.conftest import NOWHERE, Api, problem, start_api, until

PROCESS = """
import signal, sys, threading
from clinician_api import server
from clinician_api.settings import ApiOptions
from telemetry.clock import SystemClock

stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
options = ApiOptions(database_url=sys.argv[1], broker_url=sys.argv[2], port=0)
server.run(options, SystemClock(), stop, lambda url: print(url, flush=True))
"""


def test_sigterm_ends_it_with_0_and_closes_sockets_with_1012(api: Api) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROCESS, api.database_url, NOWHERE], stdout=subprocess.PIPE, text=True, cwd=os.curdir
    )
    assert process.stdout is not None
    with closing(process.stdout):
        url = process.stdout.readline().strip()
        client = api.sign_in()
        running = Api(url, api.database_url, api.services, api.loop, threading.Event(), api.stack, api.people)
        live = running.open_socket(client)
        live.subscribe()
        half = running.line()
        half.sendall(b"GET / HTTP/1.1\r\n")
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert live.closed() == (1012, "")
        assert process.wait(10) == 0
    assert time.monotonic() - began < 10
    half.close()


def test_a_port_that_is_taken_is_one_line(options: ApiOptions) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(HomehdError) as caught:
            server.run(msgspec.structs.replace(options, port=port), SystemClock(), threading.Event())
    assert f"127.0.0.1:{port}" in caught.value.line()
    assert "HOMEHD_API_PORT" in caught.value.line()


def test_a_database_that_is_not_there_is_one_line(options: ApiOptions) -> None:
    nowhere = msgspec.structs.replace(options, database_url="postgresql://u:secret@127.0.0.1:9/x")
    with pytest.raises(HomehdError) as caught:
        server.run(nowhere, SystemClock(), threading.Event())
    assert "127.0.0.1:9" in caught.value.line()
    assert "secret" not in caught.value.line()


def test_a_broker_address_that_is_none_is_wrong_use(options: ApiOptions) -> None:
    with pytest.raises(SettingsError):
        server.run(msgspec.structs.replace(options, broker_url="http://x"), SystemClock(), threading.Event())


def test_too_many_at_once_are_told_so(options: ApiOptions) -> None:
    with ExitStack() as stack:
        api = start_api(stack, msgspec.structs.replace(options, max_connections=10))

        def status() -> int:
            return httpx.get(api.url + "/api/session", trust_env=False).status_code

        held = [api.line() for _ in range(12)]
        until(lambda: status() == 503)
        assert problem(httpx.get(api.url + "/healthz", trust_env=False))["type"] == "/problems/busy"
        for peer in held:
            peer.close()
        until(lambda: status() == 401)


def test_bytes_that_are_no_request_do_no_harm(api: Api) -> None:
    for nonsense in (
        b"\x16\x03\x01\x02\x00" * 50,
        b"\0" * 5000,
        b"GET / HTTP/9.9\r\n\r\n",
        b"A" * 100_000,
        b"\r\n" * 99,
    ):
        peer = api.line()
        peer.sendall(nonsense)
        peer.close()
    peer = api.line()
    peer.sendall(b"nonsense\r\n\r\n")
    told = peer.makefile("rb").read()
    assert told.startswith(b"HTTP/1.1 400 ") and b"application/problem+json" in told
    assert json.loads(told.partition(b"\r\n\r\n")[2])["type"] == "/problems/malformed"
    answer = httpx.get(api.url + "/api/session", trust_env=False)
    assert answer.status_code == 401
    assert "server" not in answer.headers


def test_small_answers_do_not_wait_for_an_acknowledgement(api: Api) -> None:
    client = api.client()
    client.get("/api/session")
    times = []
    for _ in range(15):
        began = time.perf_counter()
        client.get("/api/session")
        times.append(time.perf_counter() - began)
    assert min(times) < 0.03, "Nagle's algorithm is on: 40 ms an answer"
