from __future__ import annotations

import json
import socket
from http.client import HTTPConnection

import pytest

from ingest.metrics import HealthServer, Metrics
from telemetry.errors import HomehdError


def get(port: int, path: str) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def test_health_and_metrics_are_served_on_a_port_of_their_own() -> None:
    metrics, well = Metrics(), [True]
    server = HealthServer(0, metrics, lambda: (well[0], {"queue": 3}))
    server.start()
    metrics.messages.inc(7)
    try:
        assert get(server.port, "/healthz") == (200, json.dumps({"queue": 3}).encode())
        well[0] = False
        assert get(server.port, "/healthz")[0] == 503
        status, page = get(server.port, "/metrics")
        assert status == 200
        assert b"homehd_ingest_messages_total 7.0" in page
        assert get(server.port, "/other")[0] == 404
    finally:
        server.stop()


def test_a_port_that_is_taken_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(HomehdError, match=f"port {port}.*--health-port"):
            HealthServer(port, Metrics(), lambda: (True, {}))


def test_two_processes_metrics_do_not_meet() -> None:
    one, other = Metrics(), Metrics()
    one.acks.inc()

    assert other.registry.get_sample_value("homehd_ingest_acks_total") == 0.0
