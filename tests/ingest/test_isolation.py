from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from alerts.engine import Engine
from alerts.records import Samples, Transition
from ingest.admission import Reason
from ingest.inbox import Message
from ingest.isolation import IN_VAIN, SKIP_S, TICK_AGAIN_S, outcast_of
from ingest.session import Session
from store.errors import StoreError
from telemetry import wire
from telemetry.messages import Batch
from tests.ingest.building import EPOCH, START_US, batch, event, reading, seconds
from tests.ingest.conftest import Rig


def occupy(rig: Rig, seq: int) -> None:
    """Put a row in the way of `seq`: the database will refuse it, admission cannot know why."""
    rig.conn.execute(
        "INSERT INTO reading (unit_id, time, received_at, seq, mono_ms, invalid, phase, flags, epoch)"
        " SELECT unit_id, from_us(%s), now(), %s, 0, 0, 0, 0, %s FROM unit WHERE name = 'u1'",
        [START_US + seq * 1_000_000, seq, EPOCH],
    )


def test_a_poisonous_message_is_found_and_set_aside_and_those_around_it_are_stored(rig: Rig) -> None:
    occupy(rig, 50)
    rig.feed(*(seconds(seq) for seq in range(40, 60)))

    assert rig.held() == [(40, 49), (51, 59)]
    (reason,) = rig.rows("reason", "quarantine")
    assert reason.startswith("refused by the database")
    (refused,) = [r for ack in rig.outlet.acks("u1") for r in ack.refused]
    assert (refused.first, refused.last) == (50, 50)
    rig.clock.advance(5)
    rig.turn()
    assert rig.outlet.acked("u1") == [(40, 49), (51, 59)]


def test_after_poison_the_next_messages_are_taken_as_ever(rig: Rig) -> None:
    occupy(rig, 1)
    rig.feed(seconds(1))
    rig.feed(seconds(2))

    assert rig.held() == [(2, 2)]


def stumble_over(monkeypatch: pytest.MonkeyPatch, seq: int, error: type[Exception]) -> None:
    """A fault of ours that one message brings out."""
    whole = wire.decode_batch

    def decode(data: bytes) -> Batch:
        found = whole(data)
        if found.first_seq == seq:
            raise error
        return found

    monkeypatch.setattr(wire, "decode_batch", decode)


def count_reloads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often everything was read from the database again, as the length of the list."""
    whole, reloads = Session.reload, []

    def reload(session: Session, now_us: int) -> None:
        reloads.append(now_us)
        whole(session, now_us)

    monkeypatch.setattr(Session, "reload", reload)
    return reloads


@pytest.mark.parametrize("error", [ZeroDivisionError, MemoryError])
def test_an_error_of_ours_in_one_message_stops_no_other_and_its_agent_keeps_the_rows(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    stumble_over(monkeypatch, 3, error)
    rig.feed(*(seconds(seq) for seq in range(1, 6)))
    rig.clock.advance(5)
    rig.turn()

    assert rig.rows() == [1, 2, 4, 5]
    assert rig.rows("reason", "quarantine") == [f"a fault of ours: {error.__name__}"]
    assert rig.outlet.acked("u1") == [(1, 2), (4, 5)]
    assert [ack.refused for ack in rig.outlet.acks("u1")] == [[]]


def test_a_message_that_made_a_cycle_fail_is_left_alone_for_a_minute(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    stumble_over(monkeypatch, 3, ZeroDivisionError)
    reloads = count_reloads(monkeypatch)
    rig.feed(*(seconds(seq) for seq in range(1, 6)))
    searched = len(reloads)
    for seq in range(6, 11):
        rig.clock.advance(10)
        rig.feed(seconds(3), seconds(seq))
    assert rig.rows() == [1, 2, 4, 5, *range(6, 11)]
    assert searched
    assert len(reloads) == searched

    monkeypatch.undo()
    rig.clock.advance(SKIP_S)
    rig.feed(seconds(3))
    assert rig.rows() == list(range(1, 11))
    rig.clock.advance(5)
    rig.turn()
    assert rig.outlet.acked("u1") == [(1, 10)]


def test_a_fault_that_meets_everybody_costs_little_time_and_no_row(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    units = [f"box-{number}" for number in range(40)]
    for unit in units:
        rig.add_unit(unit)

    def decode(_data: bytes) -> Batch:
        raise ZeroDivisionError

    monkeypatch.setattr(wire, "decode_batch", decode)
    reloads = count_reloads(monkeypatch)
    with pytest.raises(StoreError, match="fault of ours"):
        rig.feed(*(seconds(1, unit=unit) for unit in units))

    assert len(reloads) < 15
    assert rig.outlet.sent == [(topic, data) for topic, data in rig.outlet.sent if topic.startswith("live/")]


def test_a_fault_that_meets_the_only_box_there_is_is_told_too(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(_data: bytes) -> Batch:
        raise ZeroDivisionError

    monkeypatch.setattr(wire, "decode_batch", decode)
    for seq in range(IN_VAIN - 1):
        rig.feed(seconds(seq))
    for seq in range(10, 13):
        with pytest.raises(StoreError, match="fault of ours"):
            rig.feed(seconds(seq))
        assert not rig.worker.stores
        rig.turn()  # what was kept, which is left alone now
    monkeypatch.undo()
    rig.feed(seconds(20))

    assert rig.rows() == [20]
    assert rig.worker.stores
    assert not any(ack.refused for ack in rig.outlet.acks("u1"))


def break_table(rig: Rig, state: str) -> None:
    """Let every INSERT into `reading` fail with this SQLSTATE."""
    rig.conn.execute(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$"
    )
    rig.conn.execute("CREATE TRIGGER fail BEFORE INSERT ON reading FOR EACH STATEMENT EXECUTE FUNCTION fail()")


@pytest.mark.parametrize("state", ["42501", "XX000", "XX001", "58030", "P0001"])
def test_a_database_at_fault_makes_nobody_set_rows_aside(rig: Rig, state: str) -> None:
    units = [f"box-{number}" for number in range(8)]
    for unit in units:
        rig.add_unit(unit)
    sent = [seconds(1, unit=unit) for unit in units]
    break_table(rig, state)
    with pytest.raises(StoreError):
        rig.feed(*sent)
    assert [topic for topic, _ in rig.outlet.sent if topic.endswith("/down")] == []

    rig.conn.execute("DROP TRIGGER fail ON reading")
    rig.worker.close()
    rig.worker.open()
    rig.turn()  # what was kept
    rig.clock.advance(SKIP_S)
    rig.feed(*sent)  # as agents do
    rig.clock.advance(5)
    rig.turn()
    assert len(rig.rows()) == len(units)
    for unit in units:
        assert rig.outlet.acked(unit) == [(1, 1)]
        assert not any(ack.refused for ack in rig.outlet.acks(unit))


def test_a_user_without_the_right_to_insert_makes_nobody_set_rows_aside(rig: Rig) -> None:
    rig.conn.execute("CREATE ROLE poor; GRANT ALL ON ALL TABLES IN SCHEMA public TO poor")
    try:
        rig.conn.execute("REVOKE INSERT ON reading FROM poor; GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO poor")
        session = rig.worker.session
        assert session
        rig.feed(seconds(0))
        session.conn.execute("SET ROLE poor")
        with pytest.raises(StoreError, match="may not") as caught:
            rig.feed(seconds(1), seconds(2))
        assert isinstance(caught.value.__cause__, psycopg.errors.InsufficientPrivilege)
    finally:
        rig.worker.close()
        rig.conn.execute("DROP OWNED BY poor; DROP ROLE poor")
    rig.worker.open()
    rig.clock.advance(5)
    rig.turn()
    rig.clock.advance(5)
    rig.turn()

    assert rig.outlet.acked("u1") == [(0, 2)]
    assert not any(ack.refused for ack in rig.outlet.acks("u1"))


def break_rules(rig: Rig, monkeypatch: pytest.MonkeyPatch, fails: Callable[[Samples], bool]) -> list[int]:
    """Make the engine raise where `fails`; how many samples it was shown each time."""
    whole, shown = Engine.evaluate, []

    def evaluate(engine: Engine, samples: Samples) -> list[Transition]:
        shown.append(len(samples.row))
        if fails(samples):
            raise ZeroDivisionError
        return whole(engine, samples)

    monkeypatch.setattr(Engine, "evaluate", evaluate)
    return shown


def test_a_row_the_rules_stumble_over_is_stored_unseen_and_all_others_are_seen(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_rules(rig, monkeypatch, lambda samples: 666 in samples.values[:, 0])
    rig.feed(*(batch([reading(seq, values={0: 666.0 if seq == 5 else 300.0})]) for seq in range(1, 10)))

    assert rig.rows() == list(range(1, 10))
    assert rig.rows("seq", where="flags & 4 <> 0") == [5]
    assert rig.rows("reason", "quarantine") == []
    rig.clock.advance(5)
    rig.turn()
    assert rig.outlet.acked("u1") == [(1, 9)]


def test_rules_that_fail_on_everything_cost_no_row_and_little_time(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.feed(seconds(0))
    shown = break_rules(rig, monkeypatch, lambda samples: True)
    rig.feed(*(seconds(seq) for seq in range(1, 200)))

    assert rig.rows() == list(range(200))
    assert rig.rows("seq", where="flags & 4 = 0") == [0]
    assert len(shown) < 60


def test_silence_that_cannot_be_judged_stops_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def tick(_engine: Engine, _now_us: int) -> list[Transition]:
        raise ZeroDivisionError

    monkeypatch.setattr(Engine, "tick", tick)
    rig.feed(seconds(1))
    rig.clock.advance(1)
    rig.turn()
    rig.feed(seconds(2))

    assert rig.rows() == [1, 2]
    assert rig.rows("seq", where="flags & 4 <> 0") == []


def test_silence_that_cannot_be_judged_is_told_until_it_can(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def beat() -> object:
        rig.clock.advance(TICK_AGAIN_S)
        rig.turn()
        return rig.rows("detail ->> 'silence'", "service_heartbeat")

    def tick(_engine: Engine, _now_us: int) -> list[Transition]:
        raise ZeroDivisionError

    assert beat() == [None]
    monkeypatch.setattr(Engine, "tick", tick)
    assert beat() == ["not judged"]
    assert not rig.worker.judges_silence
    monkeypatch.undo()
    assert beat() == [None]
    assert rig.worker.judges_silence


def test_what_cannot_be_stored_is_described_for_its_agent() -> None:
    reason = Reason.REFUSED_BY_STORE
    known = outcast_of(Message("hhd/1/7/u1/up", wire.encode(batch([reading(4)], [event(5)])), 0), reason, "why")
    assert known.refused
    assert (known.unit, known.refused.ranges) == ("u1", [(4, 5)])
    assert outcast_of(Message("hhd/1/7/u1/status", b"", 0), reason, "why").refused is None
    assert outcast_of(Message("nonsense", b"", 0), reason, "why").unit == ""
    ours = outcast_of(Message("hhd/1/7/u1/up", wire.encode(seconds(1)), 0), Reason.FAULT, "why")
    assert ours.refused is None
