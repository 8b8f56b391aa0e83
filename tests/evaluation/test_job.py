"""The process that works out one question."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import msgspec

from evaluation.job import Question, answer
from store.pool import Connection
from tests.evaluation.treated import DAY_US, START_US, treated


def question(database_url: str, patient: int, limit: int = 10, within_s: int = 60) -> Question:
    return Question(database_url, patient, START_US, START_US + 9 * DAY_US, {"R13 medium": 290.0}, limit, within_s)


def asked(one: Question) -> subprocess.CompletedProcess[bytes]:
    words = [sys.executable, "-m", "evaluation.job"]
    return subprocess.run(words, input=msgspec.json.encode(one), capture_output=True, timeout=60, check=False)


def test_question_in_answer_out(conn: Connection, home: tuple[int, int], database_url: str) -> None:
    for day in (0, 1):
        treated(conn, home[0], day, [150.0] * 100 + [262.0] * 60)
    done = asked(question(database_url, home[1]))
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["alerts"] == {"old": 2, "new": 0}
    assert json.loads(answer(question(database_url, home[1], limit=1)))["alerts"] == {"old": 1, "new": 0}
    assert json.loads(answer(question(database_url, home[1] + 1)))["treatments"] == 0


def test_a_database_that_is_not_there_is_one_line() -> None:
    done = asked(question("postgresql://ann:hunter2@127.0.0.1:9/homehd", 1))
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (1, b"", 1)
    assert b"hunter2" not in done.stderr


def test_it_ends_itself_when_its_time_is_over(conn: Connection, home: tuple[int, int], database_url: str) -> None:
    for day in range(4):
        treated(conn, home[0], day, [150.0] * 7200)
    assert asked(question(database_url, home[1], within_s=1)).returncode == -signal.SIGALRM
