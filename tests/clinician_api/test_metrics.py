"""The figures themselves."""

from __future__ import annotations

from prometheus_client import generate_latest

from clinician_api.metrics import Metrics


def test_two_applications_in_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.messages.inc(3)
    assert b"homehd_api_messages_sent_total 3.0" in generate_latest(one.registry)
    assert b"homehd_api_messages_sent_total 0.0" in generate_latest(other.registry)


def test_no_figure_is_kept_by_unit_or_person() -> None:
    labels = {label for metric in vars(Metrics()).values() for label in getattr(metric, "_labelnames", ())}
    assert labels == {"code", "reason", "link"}
