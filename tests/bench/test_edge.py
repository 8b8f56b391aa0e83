from __future__ import annotations

import os

import pytest

from bench import cage, edge


def test_the_short_form_measures_the_agent_and_its_peer(capsys: pytest.CaptureFixture[str]) -> None:
    edge.main(["--quick"])  # nine seconds on a busy machine prove no budget: the numbers have to be there

    lines = capsys.readouterr().out.splitlines()
    figures = {line[:30].strip(): line[30:].split()[0] for line in lines if len(line) > 35 and line[:1].isalpha()}
    assert float(figures["resident, most (MB)"]) > 15
    assert float(figures["readings arrived (%)"]) > 0
    assert float(figures["durable appends per second"]) > 0
    assert float(figures["import (s)"]) > 0


def test_growth_and_slope_tell_a_leak_from_a_start() -> None:
    flat = edge.Soak(100.0, resident=[(t, 20_000_000 if t < 10 else 33_000_000) for t in range(100)])
    leak = edge.Soak(100.0, resident=[(t, 30_000_000 + 50_000 * t) for t in range(100)])
    assert (flat.growth, round(flat.per_hour)) == (0, 0)
    assert leak.growth == pytest.approx(3_000_000, rel=0.1)
    assert leak.per_hour == pytest.approx(50_000 * 3600, rel=0.01)
    assert flat.peak == 33_000_000


def test_a_cage_holds_and_is_taken_away() -> None:
    if not cage.available():
        pytest.skip("a control group needs root")
    name = f"homehd-test-{os.getpid()}"
    with cage.cage(name, 64 * edge.MEBIBYTE, 0.2) as walls:
        child = os.fork()
        if not child:
            walls.enter(os.getpid())
            try:
                bytearray(256 * edge.MEBIBYTE)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status)
        assert walls.kills() >= 1
        assert walls.peak_bytes() <= 64 * edge.MEBIBYTE
    assert not walls.memory.exists() and not walls.cpu.exists()
