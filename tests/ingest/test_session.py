from __future__ import annotations

from collections.abc import Iterator

import pytest

from alerts import ruleset
from alerts.records import Context
from ingest.admission import KnownUnit
from ingest.session import ASK_AGAIN_S, ASKS_PER_S, Session, connect
from ingest.shards import ALL
from ingest.units import NEVER_US, Unit
from store import care, patients, pool, received, registry, shard_locks
from store.care import Entry
from store.errors import StoreError, Trouble
from store.patients import Prescription
from store.pool import Connection
from telemetry.care import Arranged, Limits
from telemetry.clock import ManualClock
from tests.ingest.building import EPOCH, START_US
from tests.store.valve import valve


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    with pool.connect(database_url) as connection:
        yield connection


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START_US)


@pytest.fixture
def home(conn: Connection) -> registry.Unit:
    return registry.add_unit(conn, "Home", "North", START_US, name="u1")


def open_session(url: str, clock: ManualClock, shards: frozenset[int] = ALL) -> Session:
    session = Session(connect(url), shards, ruleset.load(), clock.monotonic_s)
    session.take_shards(clock.now_us())
    return session


@pytest.fixture
def session(database_url: str, clock: ManualClock, home: registry.Unit) -> Iterator[Session]:
    opened = open_session(database_url, clock)
    yield opened
    opened.close()


def test_a_session_knows_the_units_of_its_shards_and_what_is_held_of_them(
    session: Session, conn: Connection, home: registry.Unit
) -> None:
    received.add(conn, {(home.unit_id, EPOCH): [(3, 9)]})
    unit = session.desk().find("u1")

    assert isinstance(unit, Unit)
    assert unit.known == KnownUnit(home.unit_id, "u1", home.shard)
    assert session.desk().held(unit, EPOCH).ranges() == [(3, 9)]
    assert session.owned == ALL


def test_a_shard_belongs_to_one_session_at_a_time(
    session: Session, database_url: str, clock: ManualClock, home: registry.Unit
) -> None:
    other = open_session(database_url, clock)
    assert other.owned == frozenset()
    assert other.take_shards(clock.now_us()) == frozenset()
    other.close()


def test_shards_not_asked_for_are_left_to_others(database_url: str, clock: ManualClock, home: registry.Unit) -> None:
    elsewhere = open_session(database_url, clock, ALL - {home.shard})
    found = elsewhere.desk().find("u1")

    assert found == KnownUnit(home.unit_id, "u1", home.shard)
    elsewhere.close()


def test_a_stranger_is_asked_for_now_and_then_only(session: Session, conn: Connection, clock: ManualClock) -> None:
    find = session.desk().find
    assert find("u2") is None
    registry.add_unit(conn, "Home 2", None, START_US, name="u2")
    assert find("u2") is None

    clock.advance(ASK_AGAIN_S)
    assert isinstance(find("u2"), Unit)


def test_many_strangers_do_not_keep_the_database_busy(
    session: Session, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def nobody(_conn: Connection, names: list[str]) -> dict[str, registry.Unit]:
        asked.extend(names)
        return {}

    monkeypatch.setattr(registry, "units_by_name", nobody)
    for number in range(1000):
        session.desk().find(f"stranger-{number}")

    assert len(asked) == ASKS_PER_S


def test_a_refresh_brings_new_units_and_takes_revoked_ones(session: Session, conn: Connection) -> None:
    registry.add_unit(conn, "Home 2", None, START_US, name="u2")
    revoked = registry.revoke_unit(conn, "u1", START_US)
    session.refresh(START_US)

    assert isinstance(session.desk().find("u2"), Unit)
    assert session.desk().find("u1") == KnownUnit(revoked.unit_id, "u1", revoked.shard, revoked=True)


def test_a_unit_taken_back_into_service_is_one_of_ours_again(session: Session, conn: Connection) -> None:
    registry.revoke_unit(conn, "u1", START_US)
    session.refresh(START_US)
    assert session.units == session.by_row == {}
    conn.execute("UPDATE unit SET revoked_at = NULL")
    session.refresh(START_US)

    unit = session.units["u1"]
    assert session.desk().find("u1") is unit
    assert session.by_row == {unit.row: unit}
    assert session.others == {}


def test_the_rules_know_the_prescription_and_its_changes(
    session: Session, conn: Connection, home: registry.Unit
) -> None:
    unit = session.units["u1"]
    assert unit.context == Context()
    patient = patients.add_patient(
        conn, "A. Patient", home.clinic_id, Prescription(72.0, 140, 14.0, 300, 1.5, 1.25, 30)
    )
    patients.bind(conn, home.unit_id, patient, START_US)
    session.refresh(START_US)
    assert unit.context == Context(72.0, 140.0, 14.0, 300.0, 1.5, 1.25, 30.0)

    own = Entry(Arranged(START_US + 5, Limits(rule="R13", limits={"high": 320.0})), "os:ann", "narrow graft", START_US)
    care.arrange(conn, patient, own)
    session.refresh(START_US + 4)
    assert unit.context.limits == {}
    unit.saved_us = START_US
    session.refresh(START_US + 5)
    assert unit.saved_us == NEVER_US, "what is judged from now on by other limits goes with a snapshot that has them"
    assert unit.context.limits == {"R13 high": 320.0}

    other = patients.add_patient(conn, "B. Patient", home.clinic_id, Prescription())
    patients.bind(conn, home.unit_id, other, START_US + 1)
    session.refresh(START_US)
    assert unit.context == Context()


def test_after_a_failed_transaction_memory_is_what_the_database_says(session: Session) -> None:
    unit = session.units["u1"]
    session.desk().held(unit, EPOCH).add(1, 5)
    unit.newest_us = START_US
    session.reload(START_US)

    again = session.units["u1"]
    assert again is not unit
    assert again.newest_us < START_US
    assert session.desk().held(again, EPOCH).ranges() == []
    assert session.owned == ALL


def test_a_rule_that_is_no_more_does_not_latch(session: Session) -> None:
    assert session.latches("R10")
    assert not session.latches("R999")


def test_after_an_outage_other_shards_than_ours_are_left_to_others_for_a_while(
    database_url: str, clock: ManualClock
) -> None:
    mine = frozenset({1, 2})
    session = Session(connect(database_url), ALL, ruleset.load(), clock.monotonic_s)
    session.leave_to_others(mine, 10.0)
    assert session.take_shards(clock.now_us()) == mine
    clock.advance(9.9)
    assert session.take_shards(clock.now_us()) == frozenset()
    clock.advance(0.2)
    assert session.take_shards(clock.now_us()) == ALL - mine
    session.close()


def test_what_cannot_be_loaded_leaves_memory_as_it_was(
    session: Session, conn: Connection, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = session.units["u1"]

    def fail(*_: object) -> None:
        raise StoreError("load", trouble=Trouble.UNAVAILABLE)

    with monkeypatch.context() as patch:
        patch.setattr(received, "load_units", fail)
        with pytest.raises(StoreError):
            session.reload(clock.now_us())
        assert session.units == {"u1": unit}
        assert session.by_row == {unit.row: unit}
        assert session.owned == ALL


def test_a_shard_that_cannot_be_loaded_leaves_no_half_known_units(
    database_url: str, home: registry.Unit, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(connect(database_url), ALL, ruleset.load(), clock.monotonic_s)

    def fail(*_: object) -> None:
        raise StoreError("load", trouble=Trouble.UNAVAILABLE)

    with monkeypatch.context() as patch:
        patch.setattr(received, "load_units", fail)
        with pytest.raises(StoreError):
            session.take_shards(clock.now_us())
    assert (session.units, session.by_row, session.owned) == ({}, {}, frozenset())
    session.close()


def test_looking_for_those_that_hang_is_not_waited_for_without_end(
    session: Session, database_url: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert session.owned == ALL
    free_hung = shard_locks.free_hung
    monkeypatch.setattr("ingest.session.ANSWER_S", 0.5)
    with valve(database_url) as way:

        def in_a_standstill(conn: Connection, hung_s: float) -> int:
            way.shut()
            return free_hung(conn, hung_s)

        monkeypatch.setattr(shard_locks, "free_hung", in_a_standstill)
        standby = Session(connect(way.url), ALL, ruleset.load(), clock.monotonic_s)
        with pytest.raises(StoreError, match=r"no answer for 0\.5 s"):
            standby.take_shards(clock.now_us())
        standby.close()
