from __future__ import annotations

import os
import re
import sys
from itertools import groupby

import numpy as np
import pytest

from alerts.engine import Engine
from alerts.ruleset import Ruleset
from bench import engine, engine_peers, engine_ward
from bench.engine_ward import Ward
from telemetry.alarms import FindingState
from tests.alerts.building import RULES

LIMITS = Ruleset(tuple(rule for rule in RULES.rules if rule.id in {each.id for each in engine_peers.RULES}))


def test_the_short_form_answers_every_question(capsys: pytest.CaptureFixture[str]) -> None:
    cores = os.sched_getaffinity(0)
    assert engine.main(["--quick"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{len(RULES.rules)} rules ")
    for line, units in zip(lines[2:4], ("10", "200"), strict=True):
        assert re.fullmatch(rf" +{units}( +\d+\.\d\d){{7}} +\d+ +\d+\.\d", line)
    assert re.fullmatch(r"memory: [\d,]+ bytes a unit, its snapshot [\d,]+: under 20,000", lines[4])
    assert lines[5].startswith("7 limit rules alone")
    names = [re.split("  |:", line)[0] for line in lines[6:]]
    assert [name for name, _ in groupby(names, lambda name: name.partition(",")[0])] == [
        "engine", "pandas", "plain Python",
    ]  # fmt: skip
    assert lines[-1].endswith("100.0%")
    assert os.sched_getaffinity(0) == cores


def test_what_was_wanted_is_held_against_what_was_seen() -> None:
    seen = [engine.Ticks(n, 26, np.full(4, ms), np.array([ms, ms, ms, 61.0]), 0.0, 5000, 30_000)
            for n, ms in ((10, 1.0), (100, 2.0), (10_000, 40.0))]  # fmt: skip
    assert list(engine.verdict(seen)) == [
        "10,000 units, CPU time: median 40.0 ms, p95 40.0, worst 40.0: under 60 ms",
        "10,000 units, wall time: median 40.0 ms, p95 57.8, worst 61.0: NOT always under 60 ms",
        "memory: 5,000 bytes a unit, its snapshot 30,000: NOT under 20,000",
        "CPU µs a unit and tick: 100: 20.00, 10,000: 4.00; dearest 5.0 times the cheapest",
        "one unit more, CPU µs a tick: 100 to 10,000: 3.84",
    ]


def test_pandas_is_named_when_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    lines = list(engine.limits(RULES, 20, 20, 5))
    assert [re.split("  |:", line)[0] for line in lines[1:]] == ["engine", "pandas", "plain Python, the oracle"]
    assert "skipped" in lines[2]


def test_the_windows_of_the_ward_are_full_and_its_troubles_are_found() -> None:
    ward, made = Ward.of(150), engine_ward.engine(RULES, 150)
    told = [t for second in engine_ward.fill() for t in made.evaluate(ward.at(second))]
    active = {t.rule for t in told if t.state is FindingState.ACTIVE}
    assert {"R10", "R11", "R13", "R14", "R15", "R17"} <= active
    # All but the few whose flow has just been changed or that are inhibited.
    assert share_evaluated(made, 150) > 0.98


def test_means_that_are_compared_find_the_same() -> None:
    sent = [Ward.of(300).at(second) for second in range(200)]
    ours = engine.by_engine(engine_ward.engine(LIMITS, 300), sent, len(LIMITS.rules))
    oracle = engine_peers.by_reference(sent, 300)
    assert oracle.standing == ours.standing
    assert len(ours.standing) >= 3


def share_evaluated(made: Engine, units: int) -> float:
    findings = [f for unit in range(units) for f in made.findings(unit)]
    return sum(f.state is not FindingState.NOT_EVALUATED for f in findings) / len(findings)
