from __future__ import annotations

from notifier.metrics import Metrics


def test_every_figure_has_its_name() -> None:
    metrics = Metrics()
    metrics.tries.labels("sent").inc()
    _, body = metrics.page()
    text = body.decode()
    assert 'homehd_notifier_delivery_tries_total{state="sent"} 1.0' in text
    for name in ("routed", "escalated", "wakes", "failures", "deliveries_claimed", "deliveries_folded"):
        assert f"homehd_notifier_{name}_total 0.0" in text
