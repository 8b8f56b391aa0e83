"""The table of phases."""

from __future__ import annotations

from itertools import pairwise

import pytest

from telemetry.treatment import Phase, is_ordinary


def test_a_whole_treatment_is_ordinary() -> None:
    day = [Phase.UNKNOWN, Phase.IDL, Phase.PRETX, Phase.TX, Phase.POSTTX, Phase.DIS, Phase.IDL]
    assert all(is_ordinary(a, b) for a, b in pairwise(day))


@pytest.mark.parametrize(
    "move", [(Phase.IDL, Phase.TX), (Phase.TX, Phase.IDL), (Phase.TX, Phase.DIS), (Phase.DIS, Phase.TX)]
)
def test_moves_that_skip_a_phase_are_marked(move: tuple[Phase, Phase]) -> None:
    assert not is_ordinary(*move)


@pytest.mark.parametrize("phase", Phase)
def test_service_and_loss_can_come_from_anywhere_and_staying_is_no_move(phase: Phase) -> None:
    assert is_ordinary(phase, Phase.SVC)
    assert is_ordinary(phase, Phase.UNKNOWN)
    assert is_ordinary(phase, phase)
