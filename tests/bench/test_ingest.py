from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from bench import ingest, ingest_peers
from store import embedded
from tests import scratch

pytestmark = pytest.mark.usefixtures("in_memory")


def test_the_short_form_answers_all_four_questions(capsys: pytest.CaptureFixture[str]) -> None:
    cores = os.sched_getaffinity(0)
    assert ingest.main(["--quick"]) == 0

    lines = capsys.readouterr().out.splitlines()
    titles = [re.split("  |(?<=40:) ", line)[0].strip() for line in lines]
    assert titles == [
        "workload", "live 1", "live 60", "backlog 60",
        "end to end", "paho, thrown away", "our reader, thrown away", "ingest, live lane", "ingest, backlog of 60",
        "homes at 1 Hz",
        "", "", "one home more, CPU µs/s: 20 to 40:",
    ]  # fmt: skip
    assert [line.split()[-1] for line in lines if line and not line[0].isalpha()] == ["0", "0"], "nothing is lost"
    assert [line.split()[-1] for line in lines[5:9]] == ["0"] * 4
    assert re.fullmatch(r"live 1 +[\d,]+ +[\d.]+ +[\d,]+ +[\d,]+ +[\d.]+", lines[1])
    assert os.sched_getaffinity(0) == cores


def test_peers_that_are_not_installed_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(ingest_peers, "_PLACES", (str(tmp_path),))
    with scratch.folder("peers") as folder, embedded.start(folder) as database:
        _, *lines = ingest_peers.lines(0, database.url, 0, messages=1)
    assert [line.partition(",")[0] for line in lines] == ["Node-RED: skipped", "collectd: skipped"]


def test_what_one_home_more_costs_is_told_apart_from_what_none_cost() -> None:
    (line,) = ingest.marginal((100, 1000, 5000), (10_000.0, 55_000.0, 295_000.0))
    assert line == "one home more, CPU µs/s: 100 to 1,000: 50.0, 1,000 to 5,000: 60.0; without any home: 0.5% of a core"
