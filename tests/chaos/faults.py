"""Faults put to a whole system, and the look at the store afterwards."""

from __future__ import annotations

import os
import signal
import threading
import time
from itertools import pairwise

import pytest

from store import pool
from telemetry.signals import BY_NAME
from tests.system import Home, System, wait_for

RANGES = "SELECT epoch, count(*) FROM received, unnest(seqs) WHERE unit_id = %(unit)s GROUP BY epoch"
NUMBERS = """
    SELECT seq FROM reading WHERE unit_id = %(unit)s
    UNION ALL SELECT seq FROM machine_event WHERE unit_id = %(unit)s
    ORDER BY seq
"""
pause = threading.Event()


def kill_agent(home: Home) -> None:
    # Between two polls: what the machine answered and a dead process never read was never accepted by anybody.
    between_polls(home)
    home.agent.kill()
    pause.wait(0.5)
    home.agent.start()


def kill_broker(system: System) -> None:
    system.broker.kill()
    pause.wait(1.0)
    system.broker.start()


def kill_ingest(system: System) -> None:
    system.ingest.kill()
    pause.wait(0.5)
    system.ingest.start()


def kill_database(system: System) -> None:
    pid = system.database.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    pause.wait(1.0)
    system.database.ensure_running()


def stop_machine_between_polls(home: Home) -> None:
    between_polls(home)
    home.machine.kill()


def between_polls(home: Home) -> None:
    """Return 200 ms after an answer and 300 before the next, when the agent has long put it into its outbox."""
    seen = len(home.truth)
    deadline = time.monotonic() + 20
    while len(home.truth) == seen and time.monotonic() < deadline:
        pause.wait(0.01)
    pause.wait(0.2)


def ranges_of(system: System, home: Home) -> list[tuple[str, int]]:
    """Each epoch of a home, and in how many stretches its numbers have been received."""
    with pool.connect(system.database.url) as conn:
        return conn.execute(RANGES, {"unit": home.unit_id}).fetchall()


def check_home(system: System, home: Home) -> None:
    """A home polled every half second, whose machine has been stopped: the store has what was shown, once."""
    # Every reading may be there, and an event between two of them still on its way.
    wait_for("one epoch without a hole", lambda: [n for _, n in ranges_of(system, home)] == [1], 60, system)
    rows, truth = system.stored(home), home.truth
    # No duplicate, no gap: readings and events share one sequence, and `received` is exactly 0…max of it.
    assert len({(row["epoch"], row["seq"]) for row in rows}) == len(rows)
    with pool.connect(system.database.url) as conn:
        numbers = conn.execute(NUMBERS, {"unit": home.unit_id}).fetchall()
    assert all(b[0] - a[0] == 1 for a, b in pairwise(numbers)), "every number is stored exactly once"
    # And what is stored is what was shown, value for value, in the same order.
    assert len(rows) == len(truth)
    for row, entry in zip(rows, truth, strict=True):
        stored = {name: float(row[name]) for name in BY_NAME if row.get(name) is not None}
        assert stored == pytest.approx(entry["readings"], rel=1e-6)
