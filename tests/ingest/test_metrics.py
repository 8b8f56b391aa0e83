from __future__ import annotations

from ingest.metrics import Metrics


def test_the_page() -> None:
    metrics = Metrics()
    metrics.messages.inc(7)
    kind, text = metrics.page()
    assert kind.startswith("text/plain")
    assert b"homehd_ingest_messages_total 7.0" in text


def test_two_processes_metrics_do_not_meet() -> None:
    one, other = Metrics(), Metrics()
    one.acks.inc()

    assert other.registry.get_sample_value("homehd_ingest_acks_total") == 0.0
