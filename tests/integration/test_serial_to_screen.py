"""From the serial line to the WebSocket: what the screen shows is what the machine showed, in under a second."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest

from telemetry.signals import BY_NAME
from tests.system import Home, System, listen, running, wait_for

HOMES = 20
WATCH_S = 25.0
PROFILES = ("nikkiso-v2", "toray-tr8000", "v1", "toray-tr321")


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    yield from running(tmp_path)


async def test_twenty_machines_at_one_hertz_show_the_truth_within_a_second(system: System) -> None:
    system.add_doctor()
    homes = [system.add_home(number, profile=PROFILES[number % len(PROFILES)]) for number in range(HOMES)]
    system.start_services()
    for home in homes:
        home.machine.start()
    for home in homes:
        home.agent.start()
    cookies: list[str] = []

    def signed_in() -> bool:
        try:
            cookies.append(system.sign_in())
        except URLError:
            return False
        return True

    wait_for("the API", signed_in, 30, system)
    wait_for("every machine to be polled", lambda: all(len(home.truth) > 3 for home in homes), 60, system)
    messages = await listen(system, cookies[0], WATCH_S)

    latencies: list[float] = []
    for home in homes:
        shown = [(at, r) for at, message in messages for r in message.get("readings", ()) if r["unit"] == home.unit]
        assert len(shown) >= WATCH_S - 5, f"{home.unit}: {len(shown)} readings in {WATCH_S} s\n{system.explain()}"
        latencies += [at - check_against_truth(home, reading) for at, reading in shown]
    latencies.sort()
    p50, p99 = latencies[len(latencies) // 2], latencies[int(len(latencies) * 0.99)]
    print(f"serial to WebSocket, {len(latencies)} readings: p50 {p50 * 1e3:.0f} ms, p99 {p99 * 1e3:.0f} ms")
    assert p99 < 1.0

    check_store(system, homes)


def check_against_truth(home: Home, reading: dict[str, Any]) -> float:
    """Every value equals what the machine showed at that moment, and no value is missing; when it was shown."""
    truth = home.truth
    time = datetime.fromisoformat(reading["time"]).timestamp()
    entry = truth[bisect_right([line["t"] for line in truth], time) - 1]
    assert 0 <= time - entry["t"] < 0.9, "the agent's time is just after the machine's answer"
    expected = {name: value for name, value in entry["readings"].items() if name in BY_NAME}
    assert reading["values"] == pytest.approx(expected, rel=1e-6)
    return float(entry["t"])


def check_store(system: System, homes: list[Home]) -> None:
    for home in homes:
        rows = system.stored(home)
        for row, entry in zip(rows, home.truth, strict=False):
            stored = {name: float(row[name]) for name in BY_NAME if name in row and row[name] is not None}
            assert stored == pytest.approx(entry["readings"], rel=1e-6)
        assert len(rows) >= WATCH_S
