"""A process that reviews is killed again and again: each finding is on record once, each alert opened once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from random import Random

import pytest

from store import care, pool, registry
from store.care import Entry
from store.pool import Connection
from telemetry.care import Arranged, Schedule
from tests.store.treated import MINUTE, NOW_US, add_treatment, patient_of, summarise_all

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

HOMES = 200 if os.environ.get("HOMEHD_CHAOS") == "long" else 60
PLAN = Schedule(every_days=1, at="18:00", zone="UTC", duration_min=240)
# The clock stands, so that nothing but the treatments is found.
PROCESS = f"""
import sys, time
from alerts.between import ruleset
from ingest.metrics import Metrics
from ingest.reviews import Reviewer
from telemetry.clock import ManualClock
clock = ManualClock({NOW_US + 300 * MINUTE})
work = Reviewer(sys.argv[1], ruleset.load(), lambda: frozenset(range(64)), clock, Metrics())
work.start()
time.sleep(60)
"""


def test_killed_at_any_moment_nothing_is_lost_and_nothing_doubled(database_url: str) -> None:
    dice, kills = Random(17), 0
    with pool.connect(database_url) as conn:
        for number in range(HOMES):
            unit = registry.add_unit(conn, f"Home {number}", None, NOW_US)
            patient = patient_of(conn, unit, NOW_US - MINUTE)
            care.arrange(conn, patient, Entry(Arranged(NOW_US - MINUTE, PLAN), "os:ann", "as agreed", NOW_US))
            add_treatment(conn, unit, NOW_US, 200)
        assert summarise_all(conn, NOW_US + 300 * MINUTE) == HOMES
        while done(conn) < HOMES:
            process = subprocess.Popen([sys.executable, "-c", PROCESS, database_url])
            began, before = time.monotonic(), done(conn)
            while done(conn) == before and time.monotonic() - began < 20:
                time.sleep(0.005)
            time.sleep(dice.uniform(0, 0.15))
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
        assert kills >= 3
        findings = conn.execute("SELECT count(*), count(DISTINCT patient_id) FROM between_finding WHERE rule = 'R25'")
        assert findings.fetchone() == (HOMES, HOMES)
        alerts = conn.execute("SELECT count(*), count(DISTINCT patient_id) FROM alert WHERE rule = 'R25'")
        assert alerts.fetchone() == (HOMES, HOMES)
        assert conn.execute("SELECT count(*) FROM alert_event WHERE rule = 'R25'").fetchone() == (HOMES,)


def done(conn: Connection) -> int:
    row = conn.execute("SELECT count(*) FROM patient_review").fetchone()
    assert row is not None
    return int(row[0])
