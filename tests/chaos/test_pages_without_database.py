"""A patient bleeds while the database is gone: the person on call is paged all the same, once, whoever dies meanwhile,
and afterwards the record says so.

Real parts: machine, agent, broker, ingest, `homehd notify`, PostgreSQL, and an HTTP receiver.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from datetime import time as time_of_day
from pathlib import Path

import pytest

from homehd.children import Child
from homehd.notify_line import NotifyLine
from store import accounts, channels, notices, pool, registry, rota
from store.rota import Written
from telemetry.rota import PRIMARY, Audience, Rotation
from tests.chaos.test_database_gone import children_of
from tests.chaos.test_kill_everything import POLL_S
from tests.notifier import http_sink
from tests.system import Home, System, running, wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

# Told at once, of high priority.
SCENARIO, RULE, ONSET_S = "blood_leak", "R19", 12.0
pause = threading.Event()


class Pagers:
    """Who was paged by which channel, as the receiver has it: path -> titles, in order."""

    def __init__(self, sink: http_sink.HttpSink) -> None:
        self._sink = sink

    def of(self, name: str, *, saying: str = "High priority") -> list[str]:
        found = [json.loads(request.body) for request in self._sink.requests if request.path == f"/{name}"]
        return [f"{body['title']}. {body['message']}" for body in found if saying in body["title"]]

    def all(self) -> Counter[str]:
        return Counter(request.path.strip("/") for request in self._sink.requests)


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    yield from running(tmp_path / "system")


@pytest.fixture
def sink() -> Iterator[http_sink.HttpSink]:
    with http_sink.http_sink() as made:
        yield made


@pytest.fixture
def home(system: System) -> Iterator[Home]:
    made = system.add_home(0, scenario=SCENARIO, onset_s=ONSET_S, poll_s=POLL_S)
    yield made
    made.machine.kill()
    made.agent.kill()


def people(system: System, sink: http_sink.HttpSink) -> None:
    """Anna is on call, Boris the backup's stand-in on the rota, Olga sees to the service; two ways each."""
    with pool.connect(system.database.url) as conn:
        now_us = notices.database_us(conn)
        clinic = registry.add_clinic(conn, "Test")
        written = Written("os:test", "a test", now_us)
        who: dict[str, int] = {}
        for name, role in (("anna", "on-call"), ("boris", "on-call"), ("olga", "operations")):
            who[name] = accounts.add_user(
                conn, email=f"{name}@example.org", name=name.title(), role=role,
                clinic_id=clinic if role == "on-call" else None, password_hash="x", now_us=now_us,
            )  # fmt: skip
            for tier in (1, 2):
                channels.add(
                    conn, who[name], "apprise", f"json://{sink.authority}/{name}-{tier}", host=sink.authority,
                    label=f"way {tier}", tier=tier, language="en", now_us=now_us,
                )  # fmt: skip
        for of, audience, name in ((clinic, Audience.CLINICAL, "anna"), (None, Audience.OPERATIONS, "olga")):
            number = rota.add(conn, of, audience, PRIMARY, "UTC", written)
            rota.rotate(conn, number, Rotation(0, (who[name],), 7, time_of_day(8), date(2025, 6, 2), 0), written)


def notifier(system: System, number: int) -> Child:
    """One with a folder of its own, as on a machine of its own."""
    made = system.another(f"notify-{number}", "notify", "--config", str(system.folder / "notify.toml"))
    made.environment = {**made.environment, "HOMEHD_HOME": str(system.folder / f"notify-{number}")}
    return made


def ready(system: System, home: Home, *notifiers: Child) -> None:
    """All run, the home's first readings are stored, and each notifier has its card."""
    (system.folder / "notify.toml").write_text('channel_networks = ["127.0.0.0/8"]\nselftest_at = ""\n')
    system.ingest.start()
    home.machine.start()
    home.agent.start()
    for one in notifiers:
        one.start()
    wait_for("first rows", lambda: len(system.stored(home)) > 3, 40, system)
    wait_for("the cards", lambda: all(names_all(one, len(notifiers)) for one in notifiers), 30, system)


def names_all(one: Child, count: int) -> bool:
    path = Path(one.environment["HOMEHD_HOME"]) / "notifier" / "card.json"
    return path.exists() and len(json.loads(path.read_text())["notifiers"]) >= count


@contextmanager
def standing_still(system: System) -> Iterator[None]:
    pid = system.database.pid()
    assert pid is not None
    server = [pid, *children_of(pid)]
    for one in server:
        os.kill(one, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in server:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGCONT)


def test_who_is_on_call_is_paged_while_the_database_stands_still_and_once(
    system: System, sink: http_sink.HttpSink, home: Home
) -> None:
    people(system, sink)
    pagers, one = Pagers(sink), notifier(system, 0)
    ready(system, home, one)
    line, told_s = NotifyLine(system.broker.url), list[float]()
    line.start()
    with standing_still(system):
        began = time.monotonic()
        wait_for("Anna's page", lambda: hears(line, told_s) and bool(pagers.of("anna-1", saying="somebody at home")),
                 ONSET_S + 30, system)  # fmt: skip
        took = time.monotonic() - began
        (said,) = pagers.of("anna-1", saying="somebody at home")
        assert "cannot be acknowledged now" in said
        paged_s = next(request.at_s for request in sink.requests if request.path == "/anna-1")
        assert paged_s - told_s[0] < 2.0, "at once when ingest has said it"
        # Killed, and started again: it goes on, and no device hears the same step twice.
        one.kill()
        one.start()
        wait_for("her second channel", lambda: bool(pagers.of("anna-2", saying="somebody at home")), 60, system)
        wait_for("operations", lambda: bool(pagers.of("olga-1", saying="database")), 30, system)
        print(f"paged {took:.1f} s after the database stood still, {paged_s - told_s[0]:.2f} s after ingest's word")
        assert {name: pagers.all()[name] for name in ("anna-1", "anna-2", "boris-1")} == {
            "anna-1": 1, "anna-2": 1, "boris-1": 0,
        }  # fmt: skip
        assert len(pagers.of("olga-1", saying="database")) == 1
    line.stop()
    afterwards(system, home)
    pause.wait(5)
    assert pagers.of("anna-1", saying="somebody at home") == [said], "no second first page"
    assert len(pagers.of("anna-2", saying="somebody at home")) == 1


def hears(line: NotifyLine, told_s: list[float]) -> bool:
    """True; notes when ingest first called the alert unsaved."""
    for _, frame in line.take().frames:
        if any(alert.rule == RULE for alert in frame.unsaved):
            told_s.append(time.monotonic())
    return bool(told_s)


def test_two_notifiers_page_once_and_either_may_die(system: System, sink: http_sink.HttpSink, home: Home) -> None:
    people(system, sink)
    pagers, both = Pagers(sink), [notifier(system, 0), notifier(system, 1)]
    ready(system, home, *both)
    pid = system.database.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for("Anna's page", lambda: bool(pagers.of("anna-1", saying="somebody at home")), ONSET_S + 30, system)
    both[0].kill()
    both[0].start()  # it finds no database at all
    wait_for("her second channel", lambda: bool(pagers.of("anna-2", saying="somebody at home")), 60, system)
    pause.wait(5)
    assert pagers.all()["anna-1"] == pagers.all()["anna-2"] == 1
    system.database.ensure_running()
    afterwards(system, home)
    pause.wait(5)
    assert pagers.all()["anna-1"] == pagers.all()["anna-2"] == 1


def afterwards(system: System, home: Home) -> None:
    """One notice, which people are being asked about since the page went out, and what was sent is on record once."""

    def rows(statement: str) -> list[tuple[object, ...]]:
        with pool.connect(system.database.url) as conn:
            return conn.execute(statement.encode(), {"unit": home.unit_id}).fetchall()

    pages = """SELECT c.label, d.round, count(*), bool_and(d.state = 'sent'), bool_and(EXISTS (
            SELECT FROM delivery_event AS e
            WHERE e.delivery_id = d.delivery_id AND e.detail LIKE '%%while the database was away%%'))
        FROM delivery AS d JOIN channel AS c USING (channel_id) JOIN notice AS n USING (notice_id)
        WHERE n.unit_id = %(unit)s AND c.kind = 'apprise' GROUP BY 1, 2 ORDER BY 1"""
    wait_for("the record", lambda: len(rows(pages)) == 2, 60, system)
    wait_for(
        "the alert",
        lambda: bool(rows("SELECT 1 FROM notice_alert JOIN notice USING (notice_id) WHERE unit_id = %(unit)s")),
        60,
        system,
    )
    assert rows(pages) == [("way 1", 1, 1, True, True), ("way 2", 1, 1, True, True)]
    notice = "SELECT cause, state, round, priority FROM notice WHERE unit_id = %(unit)s"
    assert rows(notice) == [("blood leak", "asking", 1, "high")]
    steps = """SELECT kind, done_at IS NOT NULL, outcome LIKE '%%while the database was away%%' FROM notice_step
        JOIN notice USING (notice_id) WHERE unit_id = %(unit)s ORDER BY number LIMIT 2"""
    assert rows(steps) == [("first", True, True), ("second channel", True, True)]
