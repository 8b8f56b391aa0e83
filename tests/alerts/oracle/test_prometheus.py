"""Prometheus' own evaluation of the same rules over the same series: `for`, `keep_firing_for`, staleness."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from alerts import ruleset
from alerts.engine import Engine
from telemetry.alarms import FindingState
from tests.alerts.building import SECOND, one
from tests.alerts.oracle import prometheus, rules
from tests.alerts.oracle.prometheus import EVERY, Course
from tests.alerts.oracle.rules import Rule
from tests.conftest import require

Found = list[set[tuple[str, str, str]]]


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    require(found, "promtool", "apt-get install prometheus")
    assert found
    return found


def by_engine(made: tuple[Rule, ...], courses: list[Course], folder: Path) -> Found:
    """What of it Prometheus knows as alerts, moment by moment."""
    rules.write(made, folder)
    engine = Engine(ruleset.load(folder), len(courses))
    found: Found = [set() for _ in courses[0].sent]
    for course in courses:
        row = engine.register(course.unit)
        for k, sent in enumerate(course.sent):
            engine.tick(k * EVERY * SECOND)
            if sent is not None:
                there = {name: value for name, value in sent.items() if value is not None}
                engine.evaluate(one(row, k * EVERY, **there))
            for finding in engine.findings(row):
                if finding.state is FindingState.ACTIVE:
                    found[k].add((finding.rule, "firing", course.unit))
                # Without a reading nobody is told that pending is over; Prometheus has ended it. Silence is told.
                elif finding.state is FindingState.PENDING and (sent is not None or finding.rule.startswith("S")):
                    found[k].add((finding.rule, "pending", course.unit))
    return found


def agrees(promtool: str, made: tuple[Rule, ...], courses: list[Course], found: Found, folder: Path) -> str:
    (folder / "rules.yml").write_text(prometheus.rule_file(made))
    (folder / "test.yml").write_text(prometheus.test_file(str(folder / "rules.yml"), courses, found))
    command = [promtool, "test", "rules", str(folder / "test.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return "" if done.returncode == 0 else (done.stdout + done.stderr)[:4000]


@pytest.mark.parametrize("seed", range(2))
def test_limits_and_their_delays(seed: int, promtool: str, tmp_path: Path) -> None:
    made, rng = prometheus.limit_rules(seed), np.random.default_rng(seed)
    courses = [prometheus.course(rng, f"u{n}", 150, longest_gap=20) for n in range(10)]
    found = by_engine(made, courses, tmp_path)
    assert agrees(promtool, made, courses, found, tmp_path) == ""
    # Something has happened, and would be missed: one alert that is not there is told.
    assert sum(map(len, found)) > 1_000
    next(moment for moment in found if moment).pop()
    assert "FAILED" in agrees(promtool, made, courses, found, tmp_path)


def test_silence(promtool: str, tmp_path: Path) -> None:
    made, rng = prometheus.silence_rules(), np.random.default_rng(5)
    courses = [prometheus.course(rng, f"u{n}", 300, longest_gap=90) for n in range(10)]
    found = by_engine(made, courses, tmp_path)
    assert agrees(promtool, made, courses, found, tmp_path) == ""
    fired = {rule for moment in found for rule, state, _ in moment if state == "firing"}
    assert fired == {"SH", "SM", "SL"}
