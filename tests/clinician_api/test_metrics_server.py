"""Figures and health for operations, on loopback and a port of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from clinician_api.metrics import Metrics
from clinician_api.metrics_server import MetricsServer
from telemetry.errors import HomehdError

HEALTH: dict[str, Any] = {"status": "ok", "links": {"ingest": {"alive": True}}}


@pytest.fixture
def served() -> Iterator[MetricsServer]:
    metrics = Metrics()
    metrics.socket_closed.labels("1013").inc()
    server = MetricsServer(0, metrics.registry, lambda: HEALTH)
    yield server
    server.close()


def get(server: MetricsServer, path: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{server.port}{path}", trust_env=False)


def test_figures_and_health(served: MetricsServer) -> None:
    figures = get(served, "/metrics")
    assert 'homehd_api_sockets_closed_total{code="1013"} 1.0' in figures.text
    assert "homehd_api_live_delay_seconds_bucket" in figures.text
    assert get(served, "/healthz").json() == HEALTH
    assert get(served, "/elsewhere").status_code == 404


def test_degraded_is_a_503(served: MetricsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(HEALTH, "status", "degraded")
    assert get(served, "/healthz").status_code == 503


def test_a_port_that_is_taken_is_one_line(served: MetricsServer) -> None:
    with pytest.raises(HomehdError) as caught:
        MetricsServer(served.port, Metrics().registry, lambda: HEALTH)
    assert str(served.port) in caught.value.line()
