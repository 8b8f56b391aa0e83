"""Steps of notices: what is due when, and what came of it. The kinds are words of `alerts.escalation`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from store.notices import AT_ONCE, NoticeRow, locked
from store.pool import Connection
from store.queries import run
from store.values import storable_text


@dataclass(frozen=True, slots=True)
class DueStep:
    """A step of a round whose time has come."""

    notice_id: int
    round: int
    number: int
    kind: str
    due_us: int


def plan(conn: Connection, *rounds: tuple[int, int, Sequence[tuple[str, int]]]) -> None:
    """The steps of rounds: notice, number of the round, and of each step kind and when due."""
    steps = [(notice, number, i, *step) for notice, number, found in rounds for i, step in enumerate(found)]
    if steps:
        names = ("notices", "rounds", "numbers", "kinds", "due")
        run(conn, "plan_rounds", dict(zip(names, map(list, zip(*steps, strict=True)), strict=True)))


def plan_parameters(notice_id: int, number: int, steps: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """Of `plan_steps`."""
    kinds, due = [kind for kind, _ in steps], [due for _, due in steps]
    return {"notice": notice_id, "round": number, "kinds": kinds, "due": due}


def cancel(conn: Connection, notice_id: int, now_us: int, why: str) -> None:
    """No step of it is to come, and nothing of it is sent any more."""
    run(conn, "cancel_steps", {"notice": notice_id, "now": now_us, "outcome": storable_text(why)})
    run(conn, "withdraw_deliveries", {"notice": notice_id})


def lock_with_due_steps(
    conn: Connection, now_us: int, limit: int = AT_ONCE, *, without: Sequence[tuple[int, str]] = ()
) -> list[NoticeRow]:
    """Notices with a step whose time has come, the most important first, locked; another notifier's are left to it.

    `without`: units and causes to be left out.
    """
    parameters = {
        "now": now_us, "limit": limit,
        "units": [unit for unit, _ in without], "causes": [cause for _, cause in without],
    }  # fmt: skip
    return locked(conn, "lock_notices_with_due_steps", parameters)


def due_steps(conn: Connection, notice_ids: Sequence[int], now_us: int) -> list[DueStep]:
    """The steps of these notices whose time has come, in order."""
    return [DueStep(*row) for row in run(conn, "due_steps", {"notices": list(notice_ids), "now": now_us})]


def end_steps(conn: Connection, ended: Sequence[tuple[DueStep, str]], now_us: int) -> None:
    """They are done, and this came of each."""
    parameters = {
        "notices": [step.notice_id for step, _ in ended], "rounds": [step.round for step, _ in ended],
        "numbers": [step.number for step, _ in ended], "outcomes": [storable_text(outcome) for _, outcome in ended],
        "now": now_us,
    }  # fmt: skip
    if ended:
        run(conn, "end_steps", parameters)


def hurry(conn: Connection, notice_id: int, number: int, now_us: int) -> None:
    """The next step of round `number` that takes it to other people is due now."""
    run(conn, "hurry_next_step", {"notice": notice_id, "round": number, "now": now_us})


def next_due_us(conn: Connection) -> int | None:
    """When the next step, or second look at a notice of a home, is due; None: nothing is."""
    row = run(conn, "next_due").fetchone()
    return None if row is None else row[0]
