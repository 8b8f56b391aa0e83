"""Sending: order, every answer and none, and what an operator does about a receiver that refuses."""

from __future__ import annotations

import logging
from io import StringIO

import pytest
from hl7.mllp import HL7StreamReader, HL7StreamWriter, start_hl7_server

from courier import retry
from courier.sending import Sending
from notifier import hl7 as lookout
from store import audit, hl7_destinations, operations
from telemetry.alarms import Priority
from tests.courier.conftest import OVER, World
from tests.courier.receiver import Receiver, listening, receiving
from tests.interop.hl7.parsers import judged


async def turns(world: World, sending: Sending, count: int, wait_s: float = 61.0) -> None:
    """So many tries, each when it is due."""
    for _ in range(count):
        await sending.turn(world.aconn)
        world.after(wait_s)
    await sending.close()


async def three_steps(world: World) -> None:
    for _ in range(3):
        world.alert()
    await world.make()


def outcomes(world: World) -> list[str]:
    return [outcome for _, outcome, _ in world.messages()]


async def test_in_their_order_over_one_connection_and_once(world: World) -> None:
    await three_steps(world)
    async with receiving() as receiver:
        await turns(world, world.sending(receiver.port), 5)
    assert outcomes(world) == ["delivered"] * 3
    assert receiver.seen == [body for _, _, body in world.messages()] and receiver.connections == 1
    assert len(set(receiver.control_ids)) == 3
    for message in receiver.seen:
        judged(message)
    assert world.standing().waiting == 0


@pytest.mark.parametrize("word", ["AA", "CA", "split", "late id"])
async def test_what_counts_as_taken(world: World, word: str) -> None:
    await three_steps(world)
    async with receiving(word) as receiver:
        await turns(world, world.sending(receiver.port), 3)
    assert outcomes(world) == ["delivered"] * 3 and len(receiver.seen) == 3


async def test_another_program_s_receiver_takes_it(world: World) -> None:
    """The `hl7` library's, with its own reading and its own acknowledgement."""
    seen: list[str] = []

    async def serve(reader: HL7StreamReader, writer: HL7StreamWriter) -> None:
        for _ in range(3):
            message = await reader.readmessage()
            seen.append(str(message))
            writer.writemessage(message.create_ack())
            await writer.drain()
        writer.close()

    await three_steps(world)
    server = await start_hl7_server(serve, host="127.0.0.1", port=0, encoding="utf-8")
    async with server:
        await turns(world, world.sending(server.sockets[0].getsockname()[1]), 3)
    assert outcomes(world) == ["delivered"] * 3
    assert seen == [body for _, _, body in world.messages()]


@pytest.mark.parametrize("word", ["silent", "close", "garbage", "half", "unframed", "wrong id", "too long"])
async def test_without_an_answer_the_same_goes_again(world: World, word: str) -> None:
    """Under its own control id and before all others: a receiver that had it can tell."""
    await three_steps(world)
    async with receiving(word, word, "AA") as receiver:
        await turns(world, world.sending(receiver.port), 5)
    first, *_ = world.messages()
    assert receiver.seen[:3] == [first[2]] * 3
    assert outcomes(world) == ["delivered"] * 3 and len(receiver.seen) == 5
    assert receiver.connections == 3  # what comes late on the old one is nobody's answer
    assert world.metrics.tries.labels("emr", "no answer")._value.get() == 2


async def test_silence_is_never_a_reason_to_give_up_and_waits_grow(world: World) -> None:
    world.alert()
    await world.make()
    sending = world.sending(1)  # nobody is there
    waited = []
    for _ in range(12):
        await sending.turn(world.aconn)
        (due_us,) = world.conn.execute("SELECT to_us(next_try_at) FROM hl7_message").fetchone()
        waited.append((due_us - world.now_us) / 1e6)
        await sending.turn(world.aconn)  # not yet due: nothing is tried
        world.now_us = due_us
    assert waited == [*retry.SCHEDULE_S, *[60.0] * 6]
    assert world.conn.execute("SELECT outcome, attempts FROM hl7_message").fetchall() == [("waiting", 12)]


async def test_one_that_cannot_be_taken_is_set_aside_and_told_and_goes_again(world: World) -> None:
    await three_steps(world)
    async with receiving(*["AE"] * retry.REFUSALS, "AA") as receiver:
        sending = world.sending(receiver.port)
        await turns(world, sending, retry.REFUSALS + 2)
        assert outcomes(world) == ["parked", "delivered", "delivered"]
        (trouble,) = lookout.troubles(world.conn, world.now_us)
        assert (
            trouble.priority is Priority.MEDIUM and trouble.audience == "operations" and "set aside" in trouble.reason
        )
        (one,) = hl7_destinations.waiting(world.conn)
        hl7_destinations.resend(world.conn, one.message_id, "os:op", world.now_us)
        await turns(world, sending, 1)
    assert outcomes(world) == ["delivered"] * 3
    assert receiver.seen[0] == receiver.seen[-1]
    assert lookout.troubles(world.conn, world.now_us) == []


async def test_silence_between_refusals_is_no_refusal(world: World) -> None:
    world.alert()
    await world.make()
    async with receiving(*["AE", "silent"] * (retry.REFUSALS - 1), "AA") as receiver:
        await turns(world, world.sending(receiver.port), 2 * retry.REFUSALS - 1)
    assert outcomes(world) == ["delivered"]


@pytest.mark.parametrize("code", ["AR", "CR"])
@pytest.mark.parametrize("skip", [False, True])
async def test_a_refusal_stops_everything_until_an_operator_says_so(world: World, code: str, skip: bool) -> None:
    await three_steps(world)
    async with receiving(code, "AA") as receiver:
        sending = world.sending(receiver.port)
        await turns(world, sending, 4)
        assert len(receiver.seen) == 1 and outcomes(world) == ["waiting"] * 3
        (trouble,) = lookout.troubles(world.conn, world.now_us)
        assert (trouble.cause, trouble.subject, trouble.priority) == ("hl7", "emr stopped", Priority.MEDIUM)
        assert f"({code} 204)" in trouble.reason and "Ada" not in trouble.reason
        refused = world.standing()
        assert hl7_destinations.release(world.conn, "emr", "os:op", world.now_us, skip=skip) == refused.stopped_by
        assert lookout.troubles(world.conn, world.now_us) == []
        await turns(world, sending, 4)
    bodies = [body for _, _, body in world.messages()]
    assert outcomes(world) == ["skipped" if skip else "delivered", "delivered", "delivered"]
    assert receiver.seen == [bodies[0], *bodies[1 if skip else 0 :]]
    (event,) = operations.events(world.conn)
    assert (event.kind, event.since_us, event.until_us) == (
        "hl7 stopped",
        refused.stopped_us,
        world.now_us - 4 * 61_000_000,
    )
    assert event.detail["skipped"] is skip
    deeds = world.conn.execute("SELECT actor, action, subject FROM audit_event").fetchall()
    assert deeds == [("os:op", "release HL7 destination", "hl7:emr")]
    assert audit.verify(world.conn).broken is None


async def test_alerts_go_before_readings_that_wait_longer(world: World) -> None:
    world.conn.execute(
        """INSERT INTO hl7_message (destination, control_id, about, lane, body, queued_at)
        SELECT 'emr', 'r' || n, 'r' || n, 1, 'MSH|^~\\&||||||||r' || n || '|P', now() FROM generate_series(1, 2) AS n"""
    )
    number = world.alert()
    world.alert(OVER, number)
    await world.make()
    async with receiving() as receiver:
        await turns(world, world.sending(receiver.port), 4)
    assert receiver.control_ids[2:] == ["r1", "r2"]
    assert "|start|" in receiver.seen[0] and "|end|" in receiver.seen[1]


async def test_one_that_was_skipped_is_not_sent(world: World) -> None:
    await three_steps(world)
    first, second, _ = hl7_destinations.waiting(world.conn)
    hl7_destinations.skip(world.conn, second.message_id, "os:op", world.now_us)
    async with receiving() as receiver:
        await turns(world, world.sending(receiver.port), 3)
    assert outcomes(world) == ["delivered", "skipped", "delivered"] and len(receiver.seen) == 2
    assert first.answer == ""


async def test_what_a_receiver_says_is_for_the_command_line_only(world: World) -> None:
    text = StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(type("F", (logging.Formatter,), {"format": lambda _, r: f"{r.getMessage()} {vars(r)}"})())
    logging.getLogger().addHandler(handler)
    try:
        await three_steps(world)
        async with receiving("AE", "AR") as receiver:
            await turns(world, world.sending(receiver.port), 2)
    finally:
        logging.getLogger().removeHandler(handler)
    assert "refused" in text.getvalue() and "204" in text.getvalue()
    assert "Ada" not in text.getvalue() and "venous" not in text.getvalue()
    assert "Ada Example is unknown" in hl7_destinations.waiting(world.conn)[0].answer


async def test_a_receiver_that_was_started_anew_is_found_again(world: World) -> None:
    await three_steps(world)
    async with receiving() as before:
        sending = world.sending(before.port)
        await sending.turn(world.aconn)
    again = Receiver()
    async with listening(again.serve, again.writers, before.port):
        await turns(world, sending, 4)
    assert outcomes(world) == ["delivered"] * 3
