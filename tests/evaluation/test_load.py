"""From rows of the store to what is told."""

from __future__ import annotations

from alerts.load.answers import Answers
from alerts.load.figures import HOUR_US, Stretch
from evaluation.load import handover, load
from store.load import Label, Snapshot, StandingRow
from telemetry.alarms import Priority
from tests.alerts.rota.rotas import ANN, BOB, NORTH, SOUTH, book, rota, rotation, us

S = 1_000_000
NOW = us("2026-03-10T12:00")
STRETCH = Stretch(NOW - 12 * HOUR_US, NOW)


def notice(number: int, state: str, priority: str) -> StandingRow:
    return StandingRow(number, 7, "air", "", priority, state, NOW - S, None, None, "", ("R20",))


SNAPSHOT = Snapshot(
    # Three medium ones that came and went unanswered, one high one answered in half a minute.
    stories=(
        *((n, "R13", 7, "medium", NOW - n * HOUR_US, NOW - S, None, True, False, False) for n in (1, 2, 3)),
        (4, "R10", 7, "high", NOW - 2 * HOUR_US, None, NOW - 2 * HOUR_US + 30 * S, True, False, False),
    ),
    asked=((ANN, NOW - HOUR_US, "medium", 7, "venous access", None, True, False),),
    standing=(notice(1, "asking", "high"), notice(2, "nobody", "low"), notice(3, "nobody", "medium")),
    shelved=(),
    out=(),
    labels={7: Label("Home 7", "Zhang Wei")},
)


def test_load() -> None:
    found = load(SNAPSHOT, STRETCH)
    assert found.all.count == 4 and found.all.actionable == 0.25
    assert [(one.user_id, one.figures.count) for one in found.people] == [(ANN, 1)]
    assert [(one.rule, one.nuisance) for one in found.rules] == [("R13", 1.0), ("R10", 0.0)]
    assert [(one.rule, one.unit_id) for one in found.homes] == [("R13", 7), ("R10", 7)]


def test_handover() -> None:
    north = rota(rotation(ANN, BOB))
    south = rota(rotation(ANN), rota_id=8, clinic_id=SOUTH)
    found = handover(SNAPSHOT, STRETCH, book(north, south), NORTH, NOW)
    assert [row.notice_id for row in found.standing] == [1, 3] and found.on_work_list == 1
    assert found.answers[0] == Answers(Priority.HIGH, 1, 1, 1, 30.0, 30.0)
    assert [(one.rule, one.unit_id) for one in found.noisy] == [("R13", None), ("R13", 7)]
    assert [turn.person for turn in found.next_turns] == ["Ann"]
    assert len(handover(SNAPSHOT, STRETCH, book(north, south), None, NOW).next_turns) == 2
