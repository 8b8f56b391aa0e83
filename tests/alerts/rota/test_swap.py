from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.rota.shifts import shifts
from alerts.rota.swap import swap
from telemetry.rota import Source
from tests.alerts.rota.rotas import ANN, BOB, rota, rotation, us

WEEKLY = rota(rotation(ANN, BOB))
NOW = us("2026-03-01T00:00")


def test_two_people_have_each_others_shifts_and_nothing_else_changes() -> None:
    halves = swap(WEEKLY, us("2026-03-03T00:00"), us("2026-03-11T00:00"), NOW)
    assert [(one.start_us, one.end_us, one.user_id, one.source) for one in halves] == [
        (us("2026-03-02T07:00"), us("2026-03-09T07:00"), BOB, Source.SWAP),
        (us("2026-03-09T07:00"), us("2026-03-16T07:00"), ANN, Source.SWAP),
    ]
    swapped = replace(WEEKLY, overrides=tuple(replace(one, number=n) for n, one in enumerate(halves)))
    found = shifts(swapped, NOW, us("2026-03-29T00:00"))
    assert [(one.user_id, one.source is Source.SWAP) for one in found] == [
        (BOB, False), (BOB, True), (ANN, True), (ANN, False), (BOB, False),
    ]  # fmt: skip


def test_a_shift_that_runs_is_exchanged_from_now_on() -> None:
    now = us("2026-03-04T00:00")
    one, _ = swap(WEEKLY, now, us("2026-03-11T00:00"), now)
    assert one.start_us == now


@pytest.mark.parametrize(
    ("second", "now", "said"),
    [
        ("2026-03-17T00:00", "2026-03-01T00:00", "one person"),
        ("2026-03-11T00:00", "2026-03-10T00:00", "over"),
        ("2025-03-11T00:00", "2025-03-01T00:00", "nobody has the shift of Tue 2025-03-11 01:00 CET"),
    ],
)
def test_what_cannot_be_exchanged_is_told(second: str, now: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        swap(WEEKLY, us("2026-03-03T00:00"), us(second), us(now))
