from __future__ import annotations

from collections.abc import Callable

import pytest

from alerts.engine import Engine
from alerts.records import Samples, Transition
from ingest.inbox import Message
from ingest.isolation import outcast_of
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


def test_an_error_of_ours_in_one_message_stops_no_other(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = wire.decode_batch

    def decode(data: bytes) -> Batch:
        found = whole(data)
        if found.first_seq == 3:
            raise ZeroDivisionError
        return found

    monkeypatch.setattr(wire, "decode_batch", decode)
    rig.feed(*(seconds(seq) for seq in range(1, 6)))

    assert rig.rows() == [1, 2, 4, 5]
    assert rig.rows("reason", "quarantine") == ["refused by the database: ZeroDivisionError"]


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
    break_rules(rig, monkeypatch, lambda samples: 1000 in samples.values[:, 0])
    rig.feed(*(batch([reading(seq, values={0: 1000.0 if seq == 5 else 300.0})]) for seq in range(1, 10)))

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


def test_what_cannot_be_stored_is_described_for_its_agent() -> None:
    known = outcast_of(Message("hhd/1/7/u1/up", wire.encode(batch([reading(4)], [event(5)])), 0), "why")
    assert known.refused
    assert (known.unit, known.refused.ranges) == ("u1", [(4, 5)])
    assert outcast_of(Message("hhd/1/7/u1/status", b"", 0), "why").refused is None
    assert outcast_of(Message("nonsense", b"", 0), "why").unit == ""
