from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from alerts.rota.doubled import doubled
from alerts.rota.shifts import shift_at
from telemetry.rota import BACKUP, Rota
from tests.alerts.rota.rotas import ANN, BOB, any_rota, rota, rotation, stretches, us


def test_it_is_cut_to_where_both_lines_have_one_person_and_begins_the_same_whenever_it_is_asked_for() -> None:
    primary, backup = rota(rotation(ANN, BOB)), rota(rotation(ANN, BOB, every=8), line=BACKUP)
    for start in ("2026-03-08T00:00", "2026-03-09T06:00"):
        found = doubled(primary, backup, us(start), us("2026-03-12T00:00"))
        assert [(one.start_us, one.end_us, one.user_id) for one in found] == [
            (us("2026-03-02T07:00"), us("2026-03-09T07:00"), ANN),
            (us("2026-03-10T07:00"), us("2026-03-16T07:00"), BOB),
        ]  # fmt: skip


@given(any_rota(), any_rota(), stretches())
def test_a_moment_is_in_it_exactly_when_both_lines_have_one_person(
    primary: Rota, backup: Rota, stretch: tuple[int, int]
) -> None:
    found = doubled(primary, replace(backup, line=BACKUP), *stretch)
    for at_us in (stretch[0], stretch[1] - 1, sum(stretch) // 2):
        one, other = shift_at(primary, at_us).user_id, shift_at(backup, at_us).user_id
        inside = any(piece.start_us <= at_us < piece.end_us for piece in found)
        assert inside == (one is not None and one == other)
    assert all(piece.start_us < stretch[1] and piece.end_us > stretch[0] for piece in found)
