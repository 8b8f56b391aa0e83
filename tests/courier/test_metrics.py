"""Every figure is there from the start, and has its line in the page for operators."""

from __future__ import annotations

from pathlib import Path

from courier.metrics import Metrics
from store.hl7_destinations import Standing

PAGE = Path(__file__).resolve().parent.parent.parent / "docs/operations/metrics.md"


def standing(**changes: object) -> Standing:
    values = dict.fromkeys(Standing.__slots__) | {
        "name": "emr",
        "alerts": True,
        "left_out": 0,
        "waiting": 3,
        "parked": 1,
    }
    return Standing(**values | {"parked_alerts": 1, "tried": 2} | changes)


def test_what_is_shown() -> None:
    metrics = Metrics(["emr"])
    metrics.show([standing(stopped_us=1, alert_since_us=5_000_000, reading_since_us=9_000_000)], 10_000_000)
    text = metrics.page()[1].decode()
    for line in (
        'homehd_hl7_messages_waiting{destination="emr"} 3.0',
        'homehd_hl7_messages_parked{destination="emr"} 1.0',
        'homehd_hl7_stopped{destination="emr"} 1.0',
        'homehd_hl7_oldest_waiting_seconds{destination="emr"} 5.0',
        'homehd_hl7_tries_total{destination="emr",outcome="no answer"} 0.0',
        'homehd_hl7_messages_queued_total{destination="emr",lane="alerts"} 0.0',
    ):
        assert line in text
    metrics.show([standing()], 10_000_000)
    assert 'homehd_hl7_oldest_waiting_seconds{destination="emr"} 0.0' in metrics.page()[1].decode()


def test_every_figure_has_its_line_in_the_page() -> None:
    told = PAGE.read_text()
    for family in Metrics(["emr"]).registry.collect():
        name = family.name + ("_total" if family.type == "counter" else "")
        assert name in told, name
