"""However bad a day is, the log stays small, and what it leaves out is counted."""

from __future__ import annotations

import ast
import io
import json
import logging
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from homehd import log_budget, logs
from homehd.log_budget import LogBudget
from homehd.logs import BoundedLines
from telemetry.clock import ManualClock

ROOT = Path(__file__).resolve().parent.parent.parent
A_DAY_S = 86_400
LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR, "exception": logging.ERROR}
BOUND = 2_000_000  # bytes a day: a month is 60 MB, less than journald's own limit on an 8 GB card


def lines_of_the_agent() -> list[tuple[str, int, str]]:
    """Every line the agent's code can write: logger, level, words."""
    found: list[tuple[str, int, str]] = []
    for path in sorted((ROOT / "edge_agent").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "log"
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                level = LEVELS.get(node.func.attr)
                found += [(f"edge_agent.{path.stem}", level, node.args[0].value)] if level else []
    return found


def day_of(every_s: float, lines: list[tuple[str, int, str]]) -> tuple[list[str], Counter[str]]:
    """What reaches the journal on a day when each of `lines` is tried every so many seconds, and what was tried."""
    clock, stream = ManualClock(), io.StringIO()
    handler = BoundedLines(clock)
    handler.stream = stream
    wanted: Counter[str] = Counter()
    for _ in range(round(A_DAY_S / every_s)):
        for name, level, words in lines:
            record = logging.LogRecord(name, level, "", 0, words, (), None)
            record.fields = {"port": "/dev/ttyUSB0", "reason": "x" * 2000, "state": "garbled"}
            handler.emit(record)
            wanted[f"{name}: {words}"] += 1
        clock.advance(every_s)
    return stream.getvalue().splitlines(), wanted


@cache
def worst_day() -> list[str]:
    """Every line of the agent, each twice a minute."""
    return day_of(30.0, lines_of_the_agent())[0]


def test_the_worst_day_of_every_line_at_once_stays_within_the_bound() -> None:
    lines = lines_of_the_agent()
    assert len(lines) > 20
    written = worst_day()
    size = sum(len(line) + 1 for line in written)
    assert size < BOUND
    assert size > BOUND / 4  # it is the bound that holds it, not a mistake that lost everything


def test_errors_still_come_through_on_the_worst_day() -> None:
    lines = lines_of_the_agent()
    written = [json.loads(line) for line in worst_day()]
    late = written[len(written) // 2 :]
    assert any(entry["level"] == "error" for entry in late)
    first_events = {entry["event"] for entry in written[:200]}
    assert {words for _, level, words in lines if level >= logging.WARNING} <= first_events


@pytest.mark.parametrize(
    ("trouble", "words", "every_s"),
    [
        ("a cable that flaps", "machine link", 2.0),
        ("a port that fails in two ways by turns", "port not available", 2.0),
        ("a broker that refuses in two ways by turns", "broker not available", 4.0),
        ("a disk that fails in another way each time", "outbox failed", 1.0),
        ("rubbish on down", "message on down not understood", 1.0),
    ],
)
def test_one_trouble_for_a_day_is_a_line_every_two_minutes(trouble: str, words: str, every_s: float) -> None:
    known = next(line for line in lines_of_the_agent() if line[2] == words)
    written, wanted = day_of(every_s, [known])
    entries = [json.loads(line) for line in written]
    assert len(entries) <= log_budget.KIND_BURST + A_DAY_S / log_budget.KIND_EVERY_S
    assert sum(len(line) + 1 for line in written) < BOUND / 3, trouble
    told = len(entries) + sum(entry.get("left_out", 0) for entry in entries)
    assert sum(wanted.values()) - told <= log_budget.KIND_EVERY_S / every_s + 1  # all but the last pulse's


def test_a_count_is_told_also_when_the_trouble_ends() -> None:
    clock, stream = ManualClock(), io.StringIO()
    handler = BoundedLines(clock)
    handler.stream = stream

    def say(words: str) -> None:
        handler.emit(logging.LogRecord("edge_agent.agent", logging.WARNING, "", 0, words, (), None))

    for _ in range(50):
        say("outbox failed")
    clock.advance(3600)
    say("figures")
    last = json.loads(stream.getvalue().splitlines()[-1])
    assert (last["event"], last["of"], last["left_out"]) == ("lines left out", "edge_agent.agent: outbox failed", 30)


def test_each_level_leaves_room_for_the_next() -> None:
    budget = LogBudget()

    def room(level: int) -> int:
        taken = 0
        while budget.take(f"{level} {taken}", level, 1000, 0.0) is not None:
            taken += 1
        return taken

    info, warning, error = room(logging.INFO), room(logging.WARNING), room(logging.ERROR)
    assert min(info, warning, error) > 60
    assert (info + warning + error) * 1000 <= log_budget.TOTAL_BURST


def test_kinds_without_end_do_not_grow_memory() -> None:
    budget = LogBudget()
    for number in range(5000):
        budget.take(str(number), logging.ERROR, 1, float(number))
    assert len(budget._kinds) == log_budget.MOST_KINDS


def test_the_agent_s_log_is_bounded_and_who_asks_for_everything_gets_it() -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        for wanted, bounded in (("INFO", True), ("DEBUG", False)):
            logs.install(wanted)
            logs.bound(ManualClock())
            assert isinstance(root.handlers[0], BoundedLines) is bounded
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
