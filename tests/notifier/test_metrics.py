from __future__ import annotations

from notifier.metrics import Metrics
from notifier.troubles import Trouble
from store.pool import Connection
from telemetry.alarms import Priority


def test_every_figure_has_its_name() -> None:
    metrics = Metrics()
    metrics.tries.labels("sent").inc()
    _, body = metrics.page()
    text = body.decode()
    assert 'homehd_notifier_delivery_tries_total{state="sent"} 1.0' in text
    for name in ("routed", "escalated", "wakes", "failures", "looks_failed", "deliveries_claimed", "deliveries_folded"):
        assert f"homehd_notifier_{name}_total 0.0" in text
    # There from the beginning: what begins with its first failure has not risen.
    for state in ("again", "failed", "delivered"):
        assert f'homehd_notifier_delivery_tries_total{{state="{state}"}} 0.0' in text
    assert 'homehd_notifier_heartbeats_total{outcome="failed"} 0.0' in text


def test_troubles_are_counted_by_cause_as_they_come_and_go(conn: Connection) -> None:
    metrics, found = Metrics(), [Trouble("rota", str(n), None, "operations", Priority.LOW, "x") for n in range(2)]
    look = metrics.counting(lambda _conn, _now_us: found, "rota", "box")

    def count(cause: str) -> float | None:
        return metrics.registry.get_sample_value("homehd_notifier_troubles", {"cause": cause})

    assert (count("rota"), count("box")) == (0, 0)
    assert look.look(conn, 1) == found and (count("rota"), count("box")) == (2, 0)
    found.clear()
    look.look(conn, 2)
    assert count("rota") == 0
