from __future__ import annotations

import msgspec
import pytest

from ingest.admission import Reason
from ingest.inbox import Message
from telemetry import wire
from telemetry.messages import Status
from tests.ingest.building import EPOCH, seconds
from tests.ingest.world import NOW, STATUS, World, seqs, up


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    ("topic", "unit", "reason", "told"),
    [
        ("hhd/1/7/nobody/up", "nobody", Reason.UNKNOWN_UNIT, False),
        ("hhd/1/7/gone/up", "gone", Reason.REVOKED, True),
        ("hhd/1/7/u2/up", "u1", Reason.MISMATCH, False),
        ("hhd/1/7/elsewhere/up", "elsewhere", Reason.WRONG_SHARD, False),
    ],
)
def test_what_is_not_taken_has_a_reason(world: World, topic: str, unit: str, reason: Reason, told: bool) -> None:
    intake = world.take(up(seconds(1, unit=unit), topic))

    assert len(intake.rows) == 0
    (outcast,) = intake.outcasts
    assert outcast.reason is reason
    assert (outcast.refused is not None) is told
    if outcast.refused:
        assert (outcast.refused.epoch, outcast.refused.ranges) == (EPOCH, [(1, 1)])


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
    assert outcast.refused.ranges == [(4, 5)]


def test_statuses_are_taken_with_their_unit(world: World) -> None:
    good, forged = Status(1, "u1", True, NOW), Status(1, "u2", True, NOW)
    intake = world.take(
        Message(STATUS, wire.encode(good), NOW),
        Message(STATUS, wire.encode(forged), NOW),
        Message(STATUS, b"\x00", NOW),
        Message("hhd/1/7/nobody/status", wire.encode(Status(1, "nobody", True, NOW)), NOW),
    )

    assert [(unit.known.name, status) for unit, status, _ in intake.statuses] == [("u1", good)]
    assert [o.reason for o in intake.outcasts] == [Reason.MISMATCH, Reason.UNDECODABLE, Reason.UNKNOWN_UNIT]
