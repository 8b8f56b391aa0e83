"""How a service is, asked over HTTP."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection

import pytest

from telemetry.errors import HomehdError
from telemetry.health_port import HealthPort


class Asked:
    """A service's answers, and the port they are read from."""

    def __init__(self) -> None:
        self.well = True
        self.detail: dict[str, object] = {"queue": 3}
        self.port = HealthPort(
            0, lambda: ("text/x-figures", b"figures 7\n"), lambda: (self.well, self.detail), named="some_port"
        )

    def get(self, path: str) -> tuple[int, str | None, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port.port, timeout=5)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, answer.getheader("Content-Type"), body


@pytest.fixture
def asked() -> Iterator[Asked]:
    asked = Asked()
    yield asked
    asked.port.stop()


def test_well_and_not_well(asked: Asked) -> None:
    assert asked.get("/healthz") == (200, "application/json", json.dumps({"queue": 3}).encode())
    asked.well = False
    asked.detail = {"since": datetime(2025, 6, 1, tzinfo=UTC)}
    assert asked.get("/healthz") == (503, "application/json", b'{"since": "2025-06-01 00:00:00+00:00"}')


def test_figures_and_nothing_else(asked: Asked) -> None:
    assert asked.get("/metrics") == (200, "text/x-figures", b"figures 7\n")
    assert asked.get("/other")[0] == 404


def test_a_client_that_says_nothing_keeps_nobody_from_an_answer(asked: Asked) -> None:
    with socket.create_connection(("127.0.0.1", asked.port.port)):
        assert asked.get("/healthz")[0] == 200


def test_a_port_that_is_taken_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(HomehdError, match=f"port {port}.*some_port"):
            HealthPort(port, lambda: ("", b""), lambda: (True, {}), named="some_port")


def test_stopped_it_frees_the_port() -> None:
    asked = Asked()
    port = asked.port.port
    asked.port.stop()
    HealthPort(port, lambda: ("", b""), lambda: (True, {}), named="").stop()
