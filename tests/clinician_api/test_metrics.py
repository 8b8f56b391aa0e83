"""The figures themselves."""

from __future__ import annotations

from clinician_api.metrics import Metrics


def test_two_applications_in_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.messages.inc(3)
    assert b"homehd_api_messages_sent_total 3.0" in one.page()[1]
    assert b"homehd_api_messages_sent_total 0.0" in other.page()[1]


def test_no_figure_is_kept_by_unit_or_person() -> None:
    labels = {label for metric in vars(Metrics()).values() for label in getattr(metric, "_labelnames", ())}
    assert labels == {"code", "reason", "link"}
