"""Somebody outside hears of us while all is well, and only then; nothing he does holds us up or gets into the log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO

import pytest

from notifier.dead_man import DeadMan
from notifier.metrics import Metrics
from telemetry.clock import SystemClock
from telemetry.errors import SettingsError
from tests.notifier.http_sink import Behaviour, HttpSink, http_sink
from tests.system import wait_for

EVERY_S = 0.05


@contextmanager
def calling(sink: HttpSink, well: Callable[[], bool], metrics: Metrics) -> Iterator[None]:
    stop = threading.Event()
    url = f"http://{sink.authority}/ping/s3cret"
    dead_man = DeadMan(url, well, SystemClock(), metrics, every_s=EVERY_S, timeout_s=0.5)
    thread = threading.Thread(target=dead_man.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(5)
        assert not thread.is_alive()


def count(metrics: Metrics, outcome: str) -> float:
    return metrics.registry.get_sample_value("homehd_notifier_heartbeats_total", {"outcome": outcome}) or 0.0


def test_he_hears_of_us_while_all_is_well_and_not_otherwise() -> None:
    well, metrics = threading.Event(), Metrics()
    well.set()
    with http_sink() as sink, calling(sink, well.is_set, metrics):
        wait_for("three calls", lambda: len(sink.requests) >= 3, 10)
        assert {(request.method, request.path) for request in sink.requests} == {("GET", "/ping/s3cret")}
        well.clear()
        time.sleep(4 * EVERY_S)  # one may have been on its way
        before = len(sink.requests)
        time.sleep(10 * EVERY_S)
        assert len(sink.requests) == before
        well.set()
        wait_for("calls again", lambda: len(sink.requests) > before, 10)
    assert count(metrics, "sent") >= 3 and count(metrics, "failed") == 0


@pytest.mark.parametrize("behaviour", [Behaviour(status=500), Behaviour(hangs=True), Behaviour(drops=True)])
def test_a_service_that_fails_is_counted_told_once_and_its_key_is_in_no_log(
    behaviour: Behaviour, log: StringIO
) -> None:
    metrics = Metrics()
    with http_sink() as sink:
        sink.behaviour = behaviour
        with calling(sink, lambda: True, metrics):
            wait_for("two failures", lambda: count(metrics, "failed") >= 2, 10)
            sink.behaviour = Behaviour()
            wait_for("a call that is taken", lambda: count(metrics, "sent") >= 1, 10)
    said = log.getvalue()
    assert said.count("cannot be reached") == 1
    assert "s3cret" not in said


@pytest.mark.parametrize(
    "url", ["hc.example.org/ping", "file:///etc/passwd", "https://", "http://[::1", "http://h:port/"]
)
def test_what_is_no_address_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        DeadMan(url, lambda: True, SystemClock(), Metrics())
    assert "heartbeat_url" in str(refused.value) and "passwd" not in str(refused.value)
