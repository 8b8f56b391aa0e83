"""Four silences, four owners, on a real database: who is asked, who has it to mend, and what each is told."""

from __future__ import annotations

import pytest

from alerts.responsibility import Move
from notifier import silences, troubles
from notifier.silences import AWAY_US
from notifier.troubles import Trouble
from store import shelvings, treatments, unit_status
from store.pool import Connection
from store.treatments import Treatment
from store.unit_status import StatusRow
from telemetry.alarms import ConditionState, Priority
from telemetry.messages import SCHEMA_VERSION, MachineLink, Status
from telemetry.treatment import EndKnown
from tests.notifier.world import CAUSES, START_US, World, build

HOUR = 3600 * 1_000_000
MINUTE = 60 * 1_000_000
RULES = CAUSES.rules_of("telemetry")


def say(world: World, at_us: int, home: int | None = None, *, online: bool = False, machine: str = "connected") -> None:
    """What a box says at that time; offline, it is the last will of a connection that is an hour old."""
    status = Status(SCHEMA_VERSION, "", online, at_us if online else at_us - HOUR, machine=MachineLink(machine))
    unit_status.save(world.conn, [StatusRow(home or world.home, at_us, status, heard_us=at_us)])


def reading(world: World, at_us: int) -> None:
    world.rows(
        """INSERT INTO reading (unit_id, time, seq, epoch, received_at, mono_ms, invalid, phase, flags)
        SELECT %s, from_us(%s), 1, 'e', now(), 0, 0, 3, 0 RETURNING 1""",
        world.home,
        at_us,
    )


def look(world: World, *, hears: bool = True) -> list[Trouble]:
    found = silences.troubles(world.conn, RULES, world.now_us, hears=hears)
    troubles.settle(world.conn, found, world.now_us)
    return found


def treat(world: World, end: EndKnown | None = None, end_us: int | None = None) -> None:
    treatments.add(
        world.conn, [(world.home, Treatment(START_US - HOUR, end_us, end, (), derived=False, unusual=0))], START_US,
        START_US + 10 * HOUR,
    )  # fmt: skip


def told(world: World) -> tuple[str, str, str]:
    return world.rows("SELECT verdict, stage, reason FROM notice_alert ORDER BY alert_id DESC LIMIT 1")[0]


@pytest.mark.parametrize(
    ("online", "machine", "cause", "part"),
    [
        (False, "connected", "home link", "internet or its power"),
        (True, "silent", "machine link", "does not answer"),
        (True, "connected", "box", "no readings come"),
    ],
)
def test_in_a_treatment_the_clinic_calls_the_home_and_the_technician_has_the_cause(
    world: World, online: bool, machine: str, cause: str, part: str
) -> None:
    treat(world)
    say(world, world.now_us, online=online, machine=machine)
    world.alert("R33", Priority.MEDIUM)
    world.settle()
    # People first, whatever is the cause.
    assert world.pages() == [(0.0, "anna 1")]
    verdict, stage, reason = told(world)
    assert (verdict, stage) == ("ask", "silence") and "call the home" in reason and part in reason
    (one,) = look(world)
    assert (one.cause, one.audience, one.priority, one.clinic_id) == (
        cause, "technical", Priority.MEDIUM, world.clinic,
    )  # fmt: skip
    assert part in one.reason and "the clinic is asked, too" in one.reason
    unit = world.rows("SELECT name FROM unit WHERE unit_id = %s", world.home)[0][0]
    assert one.subject == f"unit {unit}"
    # The one who mends it, having accepted, ends nobody's asking about the patient.
    world.settle()
    assert world.answer("boris", Move.ACCEPT).value == "done"
    assert world.rows("SELECT state FROM notice ORDER BY notice_id") == [("asking",), ("accepted",)]


def test_between_treatments_it_is_the_technicians_alone_and_nobody_is_paged(world: World) -> None:
    say(world, world.now_us)
    world.now_us += AWAY_US - 1
    assert look(world) == []
    world.now_us += 1
    (one,) = look(world)
    assert (one.cause, one.audience, one.priority) == ("home link", "technical", Priority.LOW)
    world.settle()
    assert world.pages() == []
    assert world.rows("SELECT audience, state, priority FROM notice") == [("technical", "nobody", "low")]
    # Back again, it is over.
    say(world, world.now_us, online=True)
    assert look(world) == [] and world.rows("SELECT state FROM notice") == [("over",)]


def test_a_box_whose_connection_was_closed_is_no_lost_line(world: World) -> None:
    say(world, world.now_us)
    reading(world, world.now_us - 1_000_000)
    world.now_us += AWAY_US
    assert [one.cause for one in look(world)] == ["box"]


def test_a_machine_that_is_off_between_treatments_is_nobodys_task(world: World) -> None:
    say(world, world.now_us, online=True, machine="disconnected")
    world.now_us += HOUR
    assert look(world) == []


def test_a_treatment_that_begins_to_be_silent_is_more_than_a_box_that_is_away(world: World) -> None:
    say(world, world.now_us)
    world.now_us += AWAY_US
    look(world)
    world.alert("R33", Priority.HIGH)
    look(world)
    assert world.rows("SELECT state, priority FROM notice WHERE audience = 'technical'") == [("asking", "medium")]


@pytest.mark.parametrize("latched", [False, True])
@pytest.mark.parametrize("end", [EndKnown.MACHINE, EndKnown.DERIVED])
def test_a_treatment_that_has_ended_is_nobodys_and_says_so(world: World, end: EndKnown, latched: bool) -> None:
    alert = world.alert("R33", Priority.HIGH)
    world.after(30)
    if latched:
        world.step(alert, "R33", Priority.HIGH, ConditionState.LATCHED_CLEAR)
        world.after(0)
        assert told(world)[:2] == ("ask", "silence")
    asked = world.pages()
    treat(world, end, world.now_us - 10_000_000)
    # Looked at again within a minute, although nothing happens to the alert.
    world.after(60)
    assert told(world)[:2] == ("list", "treatment ended") and str(end) in told(world)[2]
    assert world.notice()[0] == "nobody"
    world.after(3600)
    assert world.pages() == asked
    assert look(world) == []


def test_an_inferred_end_asks_on_until_somebody_has_seen_it(world: World) -> None:
    world.alert("R33", Priority.HIGH)
    treat(world, EndKnown.CLOCK_LIMIT, world.now_us - MINUTE)
    world.after(61)
    assert told(world)[:2] == ("ask", "silence")
    world.answer("anna", Move.ACCEPT)
    say(world, world.now_us)
    world.after(3600)
    assert told(world)[:2] == ("list", "treatment ended")
    assert world.notice()[0] == "nobody" and len(world.pages()) == 2


def test_our_own_servers_are_one_trouble_and_what_was_known_of_homes_stands(
    conn: Connection, database_url: str
) -> None:
    world = build(conn, database_url, homes=3)
    for home in world.homes[:2]:
        say(world, world.now_us, home)
    world.now_us += AWAY_US
    before = look(world)
    assert len(before) == 2
    # Now nothing is heard of any home, and wills of all of them lie in the broker.
    world.own_fault = "the broker is not reached"
    say(world, world.now_us - AWAY_US, world.homes[2])
    world.alert("R33", Priority.HIGH, home=world.homes[2])
    world.settle()
    assert told(world)[:2] == ("hold", "our own fault")
    still = look(world, hears=False)
    assert {(one.cause, one.subject) for one in still} == {(one.cause, one.subject) for one in before}
    assert world.rows("SELECT count(*) FROM notice WHERE audience = 'technical' AND state <> 'over'") == [(2,)]
    assert world.pages() == []
    world.close()


def test_units_for_tests_out_of_service_and_revoked_are_nobodys(conn: Connection, database_url: str) -> None:
    world = build(conn, database_url, homes=3)
    for home in world.homes:
        say(world, world.now_us, home)
    world.rows("UPDATE unit SET is_test = true WHERE unit_id = %s RETURNING 1", world.homes[0])
    world.rows("UPDATE unit SET revoked_at = now() WHERE unit_id = %s RETURNING 1", world.homes[1])
    until = world.now_us + 2 * HOUR
    shelvings.set_service(conn, world.homes[2], until_us=until, actor="t", reason="moved", now_us=world.now_us)
    world.now_us += HOUR
    assert look(world) == []
    # Whoever is on a machine that is out of service is a person all the same.
    world.alert("R33", Priority.MEDIUM, home=world.homes[2])
    assert [one.priority for one in look(world)] == [Priority.MEDIUM]
    world.now_us = until
    assert len(look(world)) == 1
    world.close()


def test_a_low_one_and_one_found_late_are_not_the_technicians(world: World) -> None:
    world.alert("R33", Priority.LOW)
    world.alert("R33", Priority.HIGH, late=True)
    assert look(world) == []


def test_a_word_of_a_newer_box_is_no_machine_that_answers(world: World) -> None:
    say(world, world.now_us, online=True)
    world.rows("UPDATE unit_status SET machine = 'humming' RETURNING 1")
    world.alert("R33", Priority.HIGH)
    assert [one.cause for one in look(world)] == ["machine link"]


def test_a_box_that_never_spoke(world: World) -> None:
    row = silences.silences.of_units(world.conn, [world.home])[world.home]
    assert silences.box_of(row).online is None and silences.end_of(row) is None
    world.alert("R33", Priority.HIGH)
    world.settle()
    assert "never said anything" in told(world)[2] and [one.cause for one in look(world)] == ["box"]
