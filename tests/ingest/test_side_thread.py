from __future__ import annotations

import logging
import threading

import pytest

from ingest.side_thread import SideThread
from store.errors import StoreError, Trouble
from store.pool import Connection
from tests.secured_broker import wait_for


class Work(SideThread):
    name = "a test"
    waits = "the test waits"
    look_s = 0.01

    def __init__(self, database_url: str, *outcomes: object) -> None:
        super().__init__(database_url)
        self.outcomes = list(outcomes)
        self.told: list[str] = []
        self.done = threading.Event()

    def begin(self, conn: Connection) -> None:
        row = conn.execute("SHOW application_name").fetchone()
        self.told.append(f"begin as {row[0] if row else ''}")

    def failed(self) -> None:
        self.told.append("failed")

    def step(self, conn: Connection) -> object:
        if not self.outcomes:
            self.done.set()
            return 0
        outcome = self.outcomes.pop(0)
        self.told.append("step")
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def test_it_goes_on_until_it_is_stopped_whatever_goes_wrong(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    work = Work(database_url, 1, StoreError("look", "here", trouble=Trouble.OTHER), None, ZeroDivisionError(), 1)
    with caplog.at_level(logging.WARNING):
        work.start()
        assert work.done.wait(20)
    work.stop()
    assert not work._thread.is_alive()
    begin = "begin as homehd a test"
    assert work.told == [begin, "step", "step", "failed", begin, "step", "step", "failed", begin, "step"]
    assert [record.getMessage() for record in caplog.records] == ["the test waits"] * 2


def test_a_database_that_is_not_there_is_tried_again(database_url: str) -> None:
    work = Work("postgresql://nobody@127.0.0.1:1/none")
    work.start()
    wait_for(lambda: work.told.count("failed") > 2)
    work._url = database_url
    assert work.done.wait(20)
    work.stop()


def test_what_was_never_started_can_be_stopped(database_url: str) -> None:
    Work(database_url).stop()
