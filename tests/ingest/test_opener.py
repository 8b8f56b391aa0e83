from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from alerts import ruleset
from ingest import opener
from ingest.opener import FIRST_DELAY_S, LAST_DELAY_S, Opener, Settings
from ingest.session import Session
from ingest.shards import ALL
from store import heartbeat, migrate, room
from store.errors import StoreError, Trouble
from store.pool import Connection
from telemetry.clock import SystemClock
from tests.ingest.conftest import Gate
from tests.ingest.test_worker import wait_for
from tests.store.valve import valve

FULL = StoreError("store", trouble=Trouble.FULL)


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(database_url, ALL, ruleset.load(), "test")


@pytest.fixture
def one(settings: Settings) -> Iterator[Opener]:
    opened = Opener(settings, SystemClock())
    yield opened
    opened.stop()


def wait_for_session(one: Opener) -> Session:
    found: list[Session] = []

    def came() -> bool:
        session = one.take()
        if session is not None:
            found.append(session)
        return bool(found)

    wait_for(came, "a session")
    return found[0]


def test_a_connection_that_stands_is_used_again_with_its_locks(one: Opener) -> None:
    before = one.open()
    again = one.open(before, Trouble.BUSY)

    assert again.conn is before.conn
    assert again.owned == before.owned == ALL
    again.close()


def test_what_is_left_of_a_cut_connection_does_not_keep_its_shards(settings: Settings, one: Opener) -> None:
    with valve(settings.database_url) as way:
        cut = Opener(Settings(way.url, ALL, settings.ruleset, "test"), SystemClock())
        before = cut.open()
        way.shut()
        before.close()  # the server does not hear of it
        again = one.open(before, Trouble.UNAVAILABLE)
        assert again.owned == ALL
        again.close()


def test_a_server_that_lets_us_in_and_then_stands_still_is_given_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opener, "ANSWER_S", 0.3)
    with valve(settings.database_url) as way:
        check = migrate.check

        def check_too_late(conn: Connection) -> None:
            way.shut()
            check(conn)

        monkeypatch.setattr(migrate, "check", check_too_late)
        with pytest.raises(StoreError, match="whether the database is well"):
            Opener(Settings(way.url, ALL, settings.ruleset, "test"), SystemClock()).open()


def test_a_shard_that_another_has_is_not_waited_for_longer_than_a_ghost(
    settings: Settings, one: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opener, "GHOST_S", 0.2)
    before = one.open()
    before.close()
    other = one.open()
    again = one.open(before, Trouble.UNAVAILABLE)

    assert again.owned == frozenset()
    again.close()
    other.close()


def test_it_tries_ever_less_often_until_there_is_a_session(one: Opener, gate: Gate) -> None:
    before = gate.rig.worker.session
    assert before is not None
    gate.shut()
    one.begin(before, Trouble.UNAVAILABLE)
    wait_for(lambda: one.delay_s >= 4 * FIRST_DELAY_S, "a few attempts")
    assert one.take() is None
    gate.open()
    session = wait_for_session(one)
    assert session.owned == ALL
    assert one.take() is None, "it is ours now"
    assert FIRST_DELAY_S < one.delay_s <= LAST_DELAY_S, "what is lost again at once is not asked twice a second"
    one.calm()
    assert one.delay_s == FIRST_DELAY_S
    session.close()


def test_a_database_that_cannot_write_is_not_asked_to_read_everything(
    one: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = one.open()

    def full(*_: object) -> None:
        raise FULL

    def load(*_: object) -> None:
        pytest.fail("everything was read")

    with monkeypatch.context() as patch:
        patch.setattr(Session, "take_shards", load)
        patch.setattr(heartbeat, "beat", full)
        with pytest.raises(StoreError):
            one.open(before, Trouble.READ_ONLY)
        patch.undo()
        patch.setattr(Session, "take_shards", load)
        patch.setattr(room, "check", full)
        with pytest.raises(StoreError):
            one.open(before, Trouble.FULL)
    assert before.stands, "locks and all"
    again = one.open(before, Trouble.FULL)
    again.close()


def test_a_schema_that_is_not_ours_leaves_no_connection_open(one: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    conns: list[Connection] = []

    def check(conn: Connection) -> None:
        conns.append(conn)
        raise StoreError("check the schema", trouble=Trouble.SCHEMA)

    monkeypatch.setattr(migrate, "check", check)
    with pytest.raises(StoreError):
        one.open()
    assert conns[0].closed


def test_who_stops_does_not_wait_for_an_attempt_that_hangs(settings: Settings) -> None:
    with valve(settings.database_url) as way:
        hung = Opener(Settings(way.url, ALL, settings.ruleset, "test"), SystemClock())
        before = hung.open()
        way.shut()
        hung.delay_s = 0.01
        hung.begin(before, Trouble.BUSY)
        wait_for(lambda: hung.delay_s > 0.01, "the attempt to begin")
        stopped = threading.Event()
        thread = threading.Thread(target=lambda: (hung.stop(), stopped.set()))
        thread.start()
        assert stopped.wait(5)
        thread.join()
        way.open()
        wait_for(lambda: before.conn.closed, "the attempt to end")
