from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from registrar.metrics import HealthServer, Metrics
from telemetry.errors import HomehdError


def test_health_and_figures() -> None:
    metrics = Metrics()
    metrics.refused.labels("unknown code").inc()
    well: list[tuple[bool, dict[str, object]]] = [(True, {"database": "answers"})]
    server = HealthServer(0, metrics, lambda: well[0])
    base = f"http://127.0.0.1:{server.port}"

    def get(path: str) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(base + path, timeout=5) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    assert get("/healthz")[0] == 200
    well[0] = (False, {"database": "silent"})
    status, body = get("/healthz")
    assert (status, json.loads(body)) == (503, {"database": "silent"})
    assert b'homehd_registrar_refused_total{reason="unknown code"} 1.0' in get("/metrics")[1]
    assert get("/other")[0] == 404
    with pytest.raises(HomehdError, match="registrar_health_port"):
        HealthServer(server.port, metrics, lambda: well[0])
    server.stop()


def test_no_label_names_a_unit() -> None:
    labels: set[Any] = set()
    for family in Metrics().registry.collect():
        for sample in family.samples:
            labels |= set(sample.labels)
    assert labels <= {"how", "reason"}
