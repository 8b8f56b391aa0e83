from __future__ import annotations

from typing import Any

from registrar.metrics import Metrics


def test_the_page() -> None:
    metrics = Metrics()
    metrics.refused.labels("unknown code").inc()
    kind, text = metrics.page()
    assert kind.startswith("text/plain")
    assert b'homehd_registrar_refused_total{reason="unknown code"} 1.0' in text


def test_no_label_names_a_unit() -> None:
    labels: set[Any] = set()
    for family in Metrics().registry.collect():
        for sample in family.samples:
            labels |= set(sample.labels)
    assert labels <= {"how", "reason"}
