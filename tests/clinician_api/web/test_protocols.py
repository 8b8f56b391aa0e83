"""The two watchdogs: for a client that sends too slowly, and for one that does not read."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack

import pytest

from clinician_api.settings import ApiOptions
from clinician_api.web import protocols
from store import registry
from tests.clinician_api.conftest import Api, start_api, until
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
