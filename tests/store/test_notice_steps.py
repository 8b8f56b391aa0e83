from __future__ import annotations

from store import notice_steps, notices
from store.notice_steps import DueStep
from store.pool import Connection
from store.registry import Unit
from tests.store.told import NOW_US, SECOND, asked, notice


def test_steps_are_due_in_their_time_and_called_off_together(conn: Connection, unit: Unit) -> None:
    number = notice(conn, unit)
    notices.append(conn, asked(number))
    notice_steps.plan(
        conn,
        (number, 1, [("first", NOW_US), ("second channel", NOW_US + 30 * SECOND), ("backup", NOW_US + 120 * SECOND)]),
    )
    assert [row.notice_id for row in notice_steps.lock_with_due_steps(conn, NOW_US)] == [number]
    step = notice_steps.due_steps(conn, [number], NOW_US)[0]
    assert step == DueStep(number, 1, 0, "first", NOW_US)
    notice_steps.end_steps(conn, [(step, "first: 1 asked")], NOW_US)
    assert (
        notice_steps.lock_with_due_steps(conn, NOW_US) == [] and notice_steps.next_due_us(conn) == NOW_US + 30 * SECOND
    )
    # The next that takes it to other people comes at once; the second channel keeps its time.
    notice_steps.hurry(conn, number, 1, NOW_US + SECOND)
    assert [step.kind for step in notice_steps.due_steps(conn, [number], NOW_US + SECOND)] == ["backup"]
    notice_steps.cancel(conn, number, NOW_US + SECOND, "accepted")
    assert (
        notice_steps.lock_with_due_steps(conn, NOW_US + 999 * SECOND) == [] and notice_steps.next_due_us(conn) is None
    )


def test_steps_of_several_notices_are_ended_together_each_with_its_outcome(conn: Connection, unit: Unit) -> None:
    numbers = [notice(conn, unit, cause) for cause in ("air", "telemetry", "venous access")]
    notices.append(conn, *(asked(number) for number in numbers))
    notice_steps.plan(conn, *((number, 1, [("first", NOW_US), ("backup", NOW_US)]) for number in numbers))
    steps = [step for step in notice_steps.due_steps(conn, numbers, NOW_US) if step.kind == "first"]
    notice_steps.end_steps(conn, [(step, f"of {step.notice_id}") for step in steps[:2]], NOW_US)
    notice_steps.end_steps(conn, [], NOW_US)
    done = conn.execute(
        "SELECT notice_id, number, outcome FROM notice_step WHERE done_at IS NOT NULL ORDER BY 1"
    ).fetchall()
    assert done == [(number, 0, f"of {number}") for number in numbers[:2]]
    left = [(step.notice_id, step.kind) for step in notice_steps.due_steps(conn, numbers, NOW_US)]
    assert left == [(numbers[0], "backup"), (numbers[1], "backup"), (numbers[2], "first"), (numbers[2], "backup")]
