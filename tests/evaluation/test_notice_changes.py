from __future__ import annotations

from dataclasses import replace

from alerts.responsibility import Move
from evaluation.notice_changes import change, word
from store.notices import NoticeRow
from telemetry.alarms import Priority

NOW_US = 1_750_000_000_000_000
ASKING = NoticeRow(
    7,
    1,
    None,
    1,
    "clinical",
    "air",
    "",
    NOW_US,
    "asking",
    "medium",
    1,
    None,
    None,
    "somebody has to know now",
    NOW_US,
    3,
)


def test_a_new_round_calls_off_the_old_one_and_has_its_plan() -> None:
    made = change(ASKING, Move.ASK, NOW_US, "priority rose", priority=Priority.HIGH)
    assert made is not None
    assert (made.event.state, made.event.priority, made.event.round, made.calls_off) == (
        "asking",
        "high",
        2,
        "priority rose",
    )
    assert made.steps[:3] == (
        ("first", NOW_US), ("second channel", NOW_US + 30_000_000), ("backup", NOW_US + 120_000_000),
    )  # fmt: skip


def test_accepting_calls_off_what_is_to_come() -> None:
    made = change(ASKING, Move.ACCEPT, NOW_US, "accepted", actor=5)
    assert made is not None
    assert (made.event.answerable, made.event.until_us, made.steps) == (5, NOW_US + 3600_000_000, ())
    assert made.calls_off == "accepted"


def test_a_rejection_and_the_end_of_a_plan_call_nothing_off() -> None:
    for move in (Move.REJECT, Move.RUN_OUT):
        made = change(ASKING, move, NOW_US, "x", actor=5 if move is Move.REJECT else None)
        assert made is not None and made.calls_off == "" and made.steps == ()


def test_what_is_refused_makes_no_rows_and_a_word_moves_nothing() -> None:
    over = replace(ASKING, state="over")
    assert change(over, Move.ACCEPT, NOW_US, "accepted", actor=5) is None
    said = word(
        replace(ASKING, state="accepted", accepted_by=5, accepted_until_us=9), NOW_US, "a word", alert_id=2, stage="low"
    )
    assert (said.move, said.state, said.answerable, said.until_us, said.alert_id) == ("", "accepted", 5, 9, 2)
