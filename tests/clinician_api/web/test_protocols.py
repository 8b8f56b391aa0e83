"""The watchdogs: for a client that sends too slowly, for one that does not read; and no address has all places."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack

import httpx
import msgspec
import pytest
from websockets.exceptions import InvalidStatus

from clinician_api.settings import ApiOptions
from clinician_api.web import protocols, stall
from store import registry
from tests.clinician_api.conftest import Api, problem, start_api, until
from tests.clinician_api.routes.test_live import now_us, reading


def is_cut(peer: socket.socket) -> bool:
    try:
        peer.sendall(b"G")
    except OSError:
        return True
    return False


def test_a_request_that_never_ends_is_cut_and_others_go_on(
    options: ApiOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocols, "HEADERS_S", 0.5)
    with ExitStack() as stack:
        api = start_api(stack, options)
        slow = [api.line() for _ in range(20)]
        until(lambda: any(is_cut(peer) for peer in slow), seconds=8)
        assert api.client().get("/api/session").status_code == 401


def test_a_quick_client_keeps_its_line_beyond_the_deadline(
    options: ApiOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocols, "HEADERS_S", 1.0)
    with ExitStack() as stack:
        client = start_api(stack, options).client()
        for _ in range(4):
            assert client.get("/api/session").status_code == 401
            time.sleep(0.4)


def test_a_client_that_never_reads_delays_nobody_and_is_closed_alone(api: Api) -> None:
    names = [f"u-{n}" for n in range(40)]
    with api.database() as conn:
        for name in names:
            registry.add_unit(conn, name, "Clinic 1", now_us(), name=name)
    api.refresh()
    client = api.sign_in()
    deaf = api.open_socket(client, max_queue=1, max_size=None)
    deaf.say({"subscribe": {"units": "all"}})
    good = api.open_socket(api.sign_in(name="B"))
    good.subscribe()
    values = dict.fromkeys(range(29), 100.0)
    longest, last, seq = 0.0, time.monotonic(), 0
    end = last + 8
    while time.monotonic() < end and api.do(lambda services: len(services.sockets.sessions())) == 2:
        seq += 1
        api.do(lambda services, s=seq: [services.room.put_reading(reading(n, s, values=values)) for n in names])  # type: ignore[misc]
        good.next("readings", where=lambda message, s=seq: message["readings"][-1]["seq"] == s)  # type: ignore[misc]
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    assert longest < 2.0
    assert api.do(lambda services: len(services.sockets.sessions())) == 1, "the deaf one was not closed"
    good.next("status")
    assert api.services.metrics.socket_closed.labels("1013")._value.get() == 1


LARGE = bytes(range(256)) * 40_000  # more than all buffers between us and a client
ASK = b"GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n"


def with_a_large_file(options: ApiOptions) -> ApiOptions:
    options.static_dir.mkdir()
    (options.static_dir / "large.bin").write_bytes(LARGE)
    return msgspec.structs.replace(options, max_connections=12, address_share=1.0)


def deaf(api: Api) -> socket.socket:
    """A client that asks and never reads; its own buffer is as small as it can be."""
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    api.stack.callback(peer.close)
    peer.connect((httpx.URL(api.url).host, httpx.URL(api.url).port))
    peer.sendall(ASK)
    return peer


def test_who_asks_and_never_reads_is_cut_and_the_places_are_free_again(options: ApiOptions) -> None:
    with ExitStack() as stack:
        api = start_api(stack, with_a_large_file(options))
        peers = [deaf(api) for _ in range(12)]

        def status() -> int:
            return httpx.get(api.url + "/api/session", trust_env=False).status_code

        until(lambda: status() == 503, seconds=5)
        until(lambda: status() == 401, seconds=10)
        until(lambda: all(is_cut(peer) for peer in peers), seconds=10)


def test_who_asked_for_little_and_never_reads_is_cut_too(options: ApiOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    # A last part that fits our own buffer: nothing more is ever sent, so only a look at what is unsent finds it.
    monkeypatch.setattr(stall, "SEND_BUFFER", 2048)
    with ExitStack() as stack:
        options = with_a_large_file(options)
        (options.static_dir / "large.bin").write_bytes(LARGE[:30_000])
        peer = deaf(start_api(stack, options))
        until(lambda: is_cut(peer), seconds=10)


def test_who_reads_slowly_gets_all_of_it(options: ApiOptions) -> None:
    with ExitStack() as stack:
        options = msgspec.structs.replace(with_a_large_file(options), stall_s=2.0)
        (options.static_dir / "large.bin").write_bytes(LARGE[:1_000_000])
        peer = deaf(start_api(stack, options))
        began, got = time.monotonic(), bytearray()
        # 100 kB/s and a patience of two seconds: what 20 kB/s are for the ten of every installation.
        while len(got) < 1_000_000 and (some := peer.recv(10_000)):
            got += some
            time.sleep(0.1)
        assert bytes(got.partition(b"\r\n\r\n")[2]).endswith(LARGE[:1_000_000][-5000:])
        assert time.monotonic() - began > 5, "not slow at all"


def test_one_address_gets_its_share_and_others_the_rest(options: ApiOptions) -> None:
    with ExitStack() as stack:
        api = start_api(stack, msgspec.structs.replace(options, max_connections=12, trusted_proxies=("127.0.0.1",)))

        def of(address: str) -> httpx.Client:
            client = api.client(**{"X-Forwarded-For": address})
            assert client.get("/api/session").status_code in (401, 503)
            return client

        for _ in range(6):
            of("192.0.2.1")
        refused = httpx.get(api.url + "/healthz", headers={"X-Forwarded-For": "192.0.2.1"}, trust_env=False)
        assert problem(refused)["type"] == "/problems/busy" and refused.headers["retry-after"] == "5"
        other = api.client(**{"X-Forwarded-For": "192.0.2.2"})
        assert other.get("/api/session").status_code == 401


def test_a_live_socket_has_a_place_and_gives_it_back(options: ApiOptions) -> None:
    with ExitStack() as stack:
        # One address, ten places: the browser's own line and nine more.
        api = start_api(stack, msgspec.structs.replace(options, max_connections=20))
        client = api.sign_in()
        sockets = [api.open_socket(client) for _ in range(9)]
        with pytest.raises(InvalidStatus) as caught:
            api.open_socket(client)
        assert caught.value.response.status_code == 503
        sockets[0].connection.close()
        until(lambda: api.open_socket(client) is not None)
