"""Treatments as they end up in the database: whatever order, restarts, losses, patients."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from ingest.sightings import Seen
from ingest.treatment_book import TreatmentBook
from ingest.treatments import LIMIT_US, RESUME_US
from store import patients, registry
from store.errors import StoreError
from store.patients import Prescription
from telemetry.messages import Batch, Event, EventKind, Flag, Lane, Reading
from telemetry.signals import BY_NAME
from telemetry.treatment import Phase
from tests.ingest.building import EPOCH, START_US, UP_SINCE_US, batch
from tests.ingest.conftest import Rig
from tests.ingest.phases import LOST, MINUTE, START, at_once, points, sighted

CLOCK = BY_NAME["treatment_elapsed"].number
PATIENT = Prescription()

assert START == START_US


def batches(course: str, size: int = 7, *, unit: str = "u1", lane: Lane = Lane.LIVE, epoch: str = EPOCH) -> list[Batch]:
    """The course as an agent sends it: an event when the phase changes or the machine is lost, else readings."""
    found, rows, noted, phase = [], [], [], -1
    day = sighted(course)
    for seq, (at, mark, clock) in enumerate(day):
        if mark == LOST:
            noted.append(event(2 * seq, at, EventKind.LINK, "disconnected", ""))
            continue
        if mark != phase:
            flags = int(Flag.PHASE_DERIVED) if mark & 1 else 0
            noted.append(event(2 * seq, at, EventKind.PHASE, "phase", Phase(mark >> 1).name, flags))
            phase = mark
        rows.append(row(2 * seq + 1, at, mark, clock))
        if len(rows) == size:
            found.append(batch(rows, noted, unit=unit, lane=lane, epoch=epoch))
            rows, noted = [], []
    return [*found, batch(rows, noted, unit=unit, lane=lane, epoch=epoch)] if rows or noted else found


def row(seq: int, at: int, mark: int, clock: float) -> Reading:
    values = {0: 300.0} | ({} if clock != clock else {CLOCK: clock})
    flags = int(Flag.CLOCK_SYNCHRONISED) | (int(Flag.PHASE_DERIVED) if mark & 1 else 0)
    return Reading(seq, at, (at - UP_SINCE_US) // 1000, flags, mark >> 1, values)


def event(seq: int, at: int, kind: EventKind, name: str, text: str, flags: int = 0) -> Event:
    mono_ms = (at - UP_SINCE_US) // 1000
    return Event(seq, at, mono_ms, flags | int(Flag.CLOCK_SYNCHRONISED), kind, name, 0, True, text=text)


def as_backlog(one: Batch, sent_us: int, lane: Lane = Lane.BACKFILL) -> Batch:
    return msgspec.structs.replace(one, lane=lane, sent_us=sent_us)


def told(rig: Rig, where: str = "true") -> list[Any]:
    """Beginning and end in minutes since START, and how the end is known."""
    minutes = f"(to_us(started_at) - {START}) / {MINUTE}, (to_us(ended_at) - {START}) / {MINUTE}, end_known"
    return rig.conn.execute(f"SELECT {minutes} FROM treatment WHERE {where} ORDER BY unit_id, started_at").fetchall()


def everything(rig: Rig, unit: str) -> list[Any]:
    """All that does not depend on when rows came in."""
    columns = "started_at, ended_at, end_known, derived, unusual, interruptions, patient_id"
    query = f"SELECT {columns} FROM treatment JOIN unit USING (unit_id) WHERE name = %s ORDER BY started_at"
    return rig.conn.execute(query, [unit]).fetchall()


def runs(rig: Rig, unit: str) -> list[Any]:
    query = (
        "SELECT first_at, last_at, mark, clock_low, clock_high FROM phase_run JOIN unit USING (unit_id)"
        " WHERE name = %s ORDER BY first_at, last_at, mark"
    )
    return rig.conn.execute(query, [unit]).fetchall()


def wait(rig: Rig, us: int) -> None:
    rig.clock.advance(us / 1e6)
    rig.turn()


DAY = (
    "IDL 5, PRETX 10, TX@0 60, LOST 9, TX@70 40, PRETX 5, TX@111 60, POSTTX 5, DIS 20, IDL 70, PRETX 9, TX@0 50, IDL 2,"
    " TX@50 30, POSTTX 1, IDL 3"
)


def test_an_ordinary_day_in_order(rig: Rig) -> None:
    for one in batches(DAY):
        rig.feed(one)

    assert told(rig) == [(15, 189, "said by the machine"), (293, 375, "said by the machine")]
    pauses = [row[5] for row in everything(rig, "u1")]
    assert [[(p["cause"], p["phase"]) for p in some] for some in pauses] == [
        [("machine lost", ""), ("phase", "PRETX")],
        [("phase", "IDL")],
    ]


def test_a_treatment_is_there_in_the_transaction_of_its_first_row_and_its_end_in_that_of_its_last(rig: Rig) -> None:
    rig.feed(*batches("PRETX 5, TX 5"))
    assert told(rig) == [(5, None, None)]
    assert rig.rows("xmin::text", "treatment") == rig.rows("xmin::text", "machine_event")[:1]

    rig.feed(*batches("PRETX 5, TX 5, POSTTX 1"))
    assert told(rig) == [(5, 10, "said by the machine")]


@pytest.mark.parametrize("seed", range(6))
def test_any_order_duplicates_and_restarts_give_the_same_treatments(rig: Rig, seed: int) -> None:
    rig.add_unit("u2")
    for one in batches(DAY):
        rig.feed(one)
    dice = random.Random(seed)
    end_us = rig.clock.now_us()
    sent = [as_backlog(one, end_us, dice.choice([Lane.BACKFILL, Lane.LIVE])) for one in batches(DAY, unit="u2")]
    sent += dice.choices(sent, k=10)
    dice.shuffle(sent)
    while sent:
        size = dice.randint(1, 4)
        rig.feed(*sent[:size])
        sent = sent[size:]
        if dice.random() < 0.2:
            rig.restart()
    wait(rig, LIMIT_US)
    wait(rig, LIMIT_US)

    assert everything(rig, "u2") == everything(rig, "u1")
    rig.worker.session.book.save(rig.conn, [1, 2])  # type: ignore[union-attr]
    assert runs(rig, "u2") == runs(rig, "u1")


def test_a_restart_in_the_middle_changes_nothing(rig: Rig) -> None:
    rig.add_unit("u2")
    for one in batches(DAY):
        rig.feed(one)
    for one in batches(DAY, unit="u2"):
        rig.feed(one)
        rig.restart()

    assert everything(rig, "u2") == everything(rig, "u1")
    assert runs(rig, "u2") == runs(rig, "u1")


def test_the_newest_run_is_saved_now_and_then_only_and_found_again(rig: Rig) -> None:
    for one in batches("TX@0 90", size=1):
        rig.feed(one)
    before = rig.rows("xmin::text", "phase_run")
    lagging = rig.rows(f"(to_us(last_at) - {START}) / {MINUTE}", "phase_run")
    rig.restart()
    assert rig.rows("xmin::text", "phase_run") == before

    rig.feed(*batches("TX@0 90, POSTTX 1", size=1)[90:])
    assert rig.rows(f"(to_us(last_at) - {START}) / {MINUTE}", "phase_run") == [89, 90]
    assert 87 <= lagging[0] <= 89
    assert told(rig) == [(0, 90, "said by the machine")]


def test_a_run_that_ends_is_stored_to_its_last_sighting(rig: Rig) -> None:
    (unit_id,) = rig.rows("unit_id", "unit")
    day = sighted("TX@0 90, POSTTX 1")
    book = TreatmentBook()
    for one in day:
        turns = book.note({unit_id: Seen(points([one]), 0, 1, at_once([one]))})
        book.settle(rig.conn, turns, rig.clock.now_us())

    assert runs(rig, "u1") == [(at(0), at(89), 6, 0.0, 89.0), (at(90), at(90), 8, None, None)]
    assert told(rig) == [(0, 90, "said by the machine")]


def at(minute: int) -> datetime:
    return datetime.fromtimestamp((START + minute * MINUTE) / 1e6, UTC)


def test_late_rows_far_into_a_long_chain_leave_its_beginning_alone(rig: Rig) -> None:
    course = "TX 840, PRETX 7, TX 840, PRETX 7, TX 840, PRETX 7, TX 140, POSTTX 7"
    day = batches(course, size=70)
    rig.feed(*day[:-3], *day[-2:])
    before = everything(rig, "u1")
    rig.feed(as_backlog(day[-3], day[-1].sent_us))
    assert told(rig) == [(0, 2681, "said by the machine")]
    assert [len(before), len(everything(rig, "u1"))] == [2, 1]


def test_the_servers_clock_ends_what_nobody_else_does(rig: Rig) -> None:
    rig.feed(*batches("TX 30"))
    wait(rig, LIMIT_US - 1_000_000)
    assert told(rig) == [(0, None, None)]
    wait(rig, 2_000_000)
    assert told(rig) == [(0, 29, "clock limit")]


def test_a_machine_switched_off_ends_it_after_an_hour_also_across_a_restart(rig: Rig) -> None:
    rig.feed(*batches("tx 30, LOST"))
    wait(rig, RESUME_US // 2)
    assert told(rig) == [(0, None, None)]
    rig.restart()
    wait(rig, RESUME_US // 2 + 2_000_000)
    assert told(rig) == [(0, 29, "machine lost")]


def test_a_backlog_takes_back_an_end_and_makes_one_treatment_of_two(rig: Rig) -> None:
    day = batches("PRETX 7, TX 280, POSTTX 7")
    end_us = day[-1].sent_us
    rig.feed(*day[:3])
    wait(rig, LIMIT_US + 2 * MINUTE)
    assert told(rig) == [(7, 20, "clock limit")]
    rig.feed(*day[30:])
    assert told(rig) == [(7, 20, "next treatment began"), (210, 287, "said by the machine")]
    ids = rig.rows("treatment_id", "treatment")

    rig.feed(*[as_backlog(one, end_us) for one in day[3:30]])
    assert told(rig) == [(7, 287, "said by the machine")]
    assert rig.rows("treatment_id", "treatment") == ids[:1]
    assert rig.rows("interruptions", "treatment") == [[]]


def test_late_rows_under_an_ended_treatment_raise_its_revision_and_make_a_summary_due(rig: Rig) -> None:
    day = batches("TX 35, POSTTX 7")
    rig.feed(*day[:2], *day[3:])
    before = rig.rows("revision", "treatment")
    rig.conn.execute("UPDATE treatment SET summary_due_at = NULL")
    rig.feed(day[0])
    assert rig.rows("revision", "treatment") == before
    rig.feed(as_backlog(day[2], day[-1].sent_us))
    assert rig.rows("revision", "treatment") == [before[0] + 1]
    assert rig.rows("summary_due_at > changed_at", "treatment") == [True]
    assert told(rig) == [(0, 35, "said by the machine")]


def test_a_treatment_belongs_to_whom_the_unit_served_then(rig: Rig) -> None:
    (unit_id,) = rig.rows("unit_id", "unit")
    one, other = (patients.add_patient(rig.conn, name, None, PATIENT) for name in ("One", "Other"))
    patients.bind(rig.conn, unit_id, one, START - MINUTE)
    patients.bind(rig.conn, unit_id, other, START + 120 * MINUTE)
    course = "TX 60, DIS 90, TX 60, DIS 1"
    day = batches(course)
    rig.feed(*[as_backlog(batch, day[-1].sent_us) for batch in day[len(day) // 2 :]])
    rig.feed(*[as_backlog(batch, day[-1].sent_us) for batch in day[: len(day) // 2]])

    assert rig.rows("patient_id", "treatment", "true") == [one, other]


def test_nobody_was_on_it(rig: Rig) -> None:
    rig.feed(*batches("TX 5"))
    assert rig.rows("patient_id", "treatment") == [None]


def test_rows_with_times_that_cannot_be_make_no_treatment(rig: Rig) -> None:
    ahead = [row(seq, START + 3600 * 1_000_000 + seq, 6, 0.0) for seq in range(3)]
    long_ago = [row(seq, seq, 6, 0.0) for seq in range(5, 8)]
    rig.feed(batch([*ahead], sent_us=START + 7_200_000_000, lane=Lane.BACKFILL))
    rig.conn.execute("DELETE FROM treatment")
    rig.feed(msgspec.structs.replace(batch(long_ago), sent_us=START + 7_200_000_000, boot="b"))
    assert told(rig) == []


def test_a_revoked_unit_leaves_no_treatment_open(rig: Rig) -> None:
    rig.feed(*batches("TX 30"))
    registry.revoke_unit(rig.conn, "u1", rig.clock.now_us())
    rig.restart()
    wait(rig, LIMIT_US + 2 * MINUTE)
    assert told(rig) == [(0, 29, "clock limit")]


def test_what_a_failed_transaction_had_in_mind_is_forgotten(rig: Rig) -> None:
    day = batches("TX 21, DIS 7")
    rig.feed(*day[:1])
    rig.conn.execute("ALTER TABLE treatment RENAME TO away")
    with pytest.raises(StoreError):
        rig.put([rig.message(day[3])])
    rig.conn.execute("ALTER TABLE away RENAME TO treatment")
    rig.restart()
    rig.feed(*day[1:])
    assert told(rig) == [(0, 21, "said by the machine")]
