from __future__ import annotations

import msgspec
import pytest

from ingest.admission import Reason
from ingest.inbox import Message
from telemetry import signals, wire
from telemetry.compression import deflate
from telemetry.messages import Status
from tests.ingest.building import EPOCH, seconds
from tests.ingest.world import NOW, STATUS, World, seqs, up


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    ("topic", "unit", "reason"),
    [
        ("hhd/1/7/nobody/up", "nobody", Reason.UNKNOWN_UNIT),
        ("hhd/1/7/gone/up", "gone", Reason.REVOKED),
        ("hhd/1/7/u2/up", "u1", Reason.MISMATCH),
        ("hhd/1/7/elsewhere/up", "elsewhere", Reason.WRONG_SHARD),
    ],
)
def test_what_a_person_can_put_right_has_a_reason_and_no_answer(
    world: World, topic: str, unit: str, reason: Reason
) -> None:
    intake = world.take(up(seconds(1, unit=unit), topic))

    assert len(intake.rows) == 0
    (outcast,) = intake.outcasts
    assert outcast.reason is reason
    assert outcast.refused is None


def test_a_batch_of_a_newer_vocabulary_is_kept_by_its_agent_and_those_around_it_are_taken(world: World) -> None:
    newer = msgspec.structs.replace(seconds(2), columns={signals.COUNT: bytes(4)})
    intake = world.take(up(seconds(1)), up(newer), up(seconds(3)))

    assert seqs(intake) == [1, 3]
    (outcast,) = intake.outcasts
    assert (outcast.reason, outcast.refused) == (Reason.NEWER, None)


def test_a_message_of_a_shard_that_is_not_ours_is_left_to_its_owner(world: World) -> None:
    intake = world.take(up(seconds(1, unit="elsewhere"), "hhd/1/9/elsewhere/up"))

    assert not intake.parts
    assert not intake.outcasts


@pytest.mark.parametrize("payload", [b"", b"\xc1", bytes(60_000), b"\x93\x01\x02\x03"])
def test_poison_leaves_the_messages_around_it_alone(world: World, payload: bytes) -> None:
    intake = world.take(up(seconds(1)), up(payload), Message("hhd/nonsense", b"", NOW), up(seconds(2)))

    assert seqs(intake) == [1, 2]
    assert len(intake.outcasts) == 2


def test_a_box_whose_batch_fails_its_checks_is_told_to_set_it_aside(world: World) -> None:
    broken = msgspec.structs.replace(seconds(4, 5), times=b"short")
    intake = world.take(up(wire.encode(broken)))

    (outcast,) = intake.outcasts
    assert outcast.reason is Reason.UNDECODABLE
    assert outcast.refused
    assert (outcast.refused.epoch, outcast.refused.ranges) == (EPOCH, [(4, 5)])


def test_a_box_whose_compressed_batch_fails_its_checks_is_told_too_and_a_bomb_is_only_kept(world: World) -> None:
    broken = msgspec.structs.replace(seconds(*range(60)), times=b"short")
    intake = world.take(up(deflate(wire.encode(broken))), up(deflate(bytes(10_000_000))), up(seconds(70)))

    told, kept = intake.outcasts
    assert told.refused and told.refused.ranges == [(0, 59)]
    assert (kept.reason, kept.refused, len(kept.message.payload) < wire.MAX_BYTES) == (Reason.TOO_LARGE, None, True)
    assert seqs(intake) == [70]


def test_statuses_are_taken_with_their_unit(world: World) -> None:
    good, forged = Status(1, "u1", True, NOW), Status(1, "u2", True, NOW)
    intake = world.take(
        Message(STATUS, wire.encode(good), NOW),
        Message(STATUS, wire.encode(forged), NOW),
        Message(STATUS, b"\x00", NOW),
        Message("hhd/1/7/nobody/status", wire.encode(Status(1, "nobody", True, NOW)), NOW),
    )

    assert [(said.unit.known.name, said.status, said.retained) for said in intake.statuses] == [("u1", good, False)]
    assert [o.reason for o in intake.outcasts] == [Reason.MISMATCH, Reason.UNDECODABLE, Reason.UNKNOWN_UNIT]


def test_a_status_from_the_broker_s_memory_is_known_as_one(world: World) -> None:
    kept = Message(STATUS, wire.encode(Status(1, "u1", True, NOW)), NOW, retained=True)

    assert [said.retained for said in world.take(kept).statuses] == [True]


@pytest.mark.parametrize("unit", ["gone", "u1", "nobody"])
def test_a_retained_status_that_was_cleared_is_no_message(world: World, unit: str) -> None:
    intake = world.take(Message(f"hhd/1/7/{unit}/status", b"", NOW, True), up(seconds(1)))

    assert seqs(intake) == [1]
    assert not intake.outcasts
