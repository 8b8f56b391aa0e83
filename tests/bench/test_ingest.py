from __future__ import annotations

import os
import re

import pytest

from bench import ingest


def test_the_short_form_prints_every_workload_beside_a_bare_copy(capsys: pytest.CaptureFixture[str]) -> None:
    cores = os.sched_getaffinity(0)
    assert ingest.main(["--quick"]) == 0

    head, *lines = capsys.readouterr().out.splitlines()
    assert "bare COPY" in head
    figures = [re.fullmatch(r"(\w+ \d+) +([\d,]+) +([\d.]+) +([\d,]+) +([\d,]+) +([\d.]+)", line) for line in lines]
    assert [match and match[1] for match in figures] == ["live 1", "live 60", "backlog 60"]
    assert os.sched_getaffinity(0) == cores
