"""A day of messages, permuted, cut up anew and duplicated, stores the same rows as the day in order.

As agents send it: every copy says when it was sent. (A message that is held up on its way for hours looks like a clock
that is hours behind; that is `test_clock_offset.py`'s subject.)
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.inbox import Message
from ingest.intake import Intake
from telemetry.messages import Batch, Event, EventKind, Flag, Lane, Reading
from tests.ingest.building import SECOND, START_US, UP_SINCE_US, batch
from tests.ingest.conftest import Rig
from tests.ingest.world import World, up

EPOCHS = ("0123456789abcdef", "fedcba9876543210")
DAY_S = 86_400
LATER_US = START_US + 2 * DAY_S * SECOND
UNLATE = ~int(Flag.LATE)
Record = Reading | Event


def records(count: int, step_s: int, seed: str) -> list[Record]:
    """What one outbox numbers: readings of several phases, now and then an event, a mark, an extra."""
    dice = random.Random(seed)
    found: list[Record] = []
    for number in range(count):
        at = START_US + number * step_s * SECOND
        seq, mono_ms, phase = len(found), (at - UP_SINCE_US) // 1000, number * 7 // max(count, 1)
        if dice.random() < 0.05:
            name, active = f"MDC_EVT_{dice.randint(1, 9)}", dice.random() < 0.5
            found.append(Event(seq, at, mono_ms, 1, EventKind.ALARM, name, 1, active))
            continue
        values = {0: 300.0, 3: dice.uniform(50, 200)} if dice.random() < 0.9 else {0: 250.0}
        found.append(
            Reading(
                seq,
                at,
                mono_ms,
                int(Flag.CLOCK_SYNCHRONISED),
                phase,
                values,
                8 if dice.random() < 0.05 else 0,
                {"program": str(seq)} if dice.random() < 0.02 else {},
            )
        )
    return found


def cut(found: Sequence[Record], dice: random.Random, most: int, unit: str, epoch: str) -> Iterator[Batch]:
    """The records as batches of any size, sent later, in either lane."""
    at = 0
    while at < len(found):
        piece = found[at : at + dice.randint(1, most)]
        at += len(piece)
        rows = [one for one in piece if isinstance(one, Reading)]
        noted = [one for one in piece if isinstance(one, Event)]
        lane = dice.choice([Lane.LIVE, Lane.BACKFILL])
        yield batch(rows, noted, unit=unit, epoch=epoch, lane=lane, sent_us=LATER_US)


def stirred(days: dict[str, list[Record]], dice: random.Random, most: int, unit: str) -> list[Batch]:
    """Every record at least once, some again in other company, in any order."""
    batches: list[Batch] = []
    for epoch, found in days.items():
        batches += cut(found, dice, most, unit, epoch)
        start = dice.randrange(len(found))
        batches += cut(found[start : start + len(found) // 2 + 1], dice, most, unit, epoch)
    batches += dice.choices(batches, k=len(batches) // 3)
    dice.shuffle(batches)
    return batches


def taken(intake: Intake) -> set[object]:
    """What an intake stores, less what says when it came."""
    parts, rows = intake.parts, intake.rows
    found: set[object] = set()
    for n in range(len(rows)):
        part = parts[int(rows.part[n])]
        fixed = (rows.time_us[n], rows.mono_ms[n], int(rows.flags[n]) & UNLATE, rows.phase[n], rows.invalid[n])
        found.add((part.batch.epoch, int(rows.seq[n]), *map(int, fixed), rows.values[n].tobytes()))
    for at, event in intake.events:
        found.add((parts[at].batch.epoch, msgspec.structs.replace(event, flags=event.flags & UNLATE)))
    return found


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60), st.integers(1, 9))
def test_permuted_cut_up_anew_and_duplicated_the_same_is_admitted_once(seed: int, count: int, most: int) -> None:
    dice = random.Random(seed)
    days = {epoch: records(count, 60, epoch) for epoch in EPOCHS}
    world = World()
    expected: set[object] = set()
    for epoch, found in days.items():
        for one in cut(found, random.Random(1), 5, "u1", epoch):
            fresh = taken(world.take(up(one)))
            assert not expected & fresh
            expected |= fresh
    assert len(expected) == len(EPOCHS) * count

    other, stored = World(), set[object]()
    sent = [up(one) for one in stirred(days, dice, most, "u1")]
    while sent:
        size = dice.randint(1, 6)
        fresh = taken(other.take(*sent[:size]))
        assert not stored & fresh
        stored |= fresh
        sent = sent[size:]
    assert stored == expected


# Every column but those that say when a row came in; a change of this number is a change of what is stored.
GOLDEN = "01c843634efd8c2487a854dc31387b78c3c4cbf942b04f32658a7d13ed5c5d2d"
COLUMNS = {
    "reading": "epoch, seq, to_us(time), mono_ms, flags & ~4, phase, invalid, blood_flow, venous_pressure",
    "machine_event": "epoch, seq, to_us(time), mono_ms, flags & ~4, kind, t.name, code, active",
    "reading_extra": "epoch, seq, to_us(time), extra",
}


def digest(rig: Rig, unit: str) -> str:
    found = hashlib.sha256()
    for table, columns in COLUMNS.items():
        query = f"SELECT {columns} FROM {table} AS t JOIN unit USING (unit_id) WHERE unit.name = %s ORDER BY epoch, seq"
        for row in rig.conn.execute(query, [unit]):
            found.update(repr(row).encode())
    return found.hexdigest()


def test_a_day_in_any_order_is_the_day(rig: Rig) -> None:
    rig.add_unit("u2")
    dice = random.Random(20)
    days = {epoch: records(DAY_S // 10, 10, epoch) for epoch in EPOCHS[:1]}
    days[EPOCHS[1]] = records(600, 10, EPOCHS[1])
    in_order = [one for epoch, found in days.items() for one in cut(found, random.Random(2), 60, "u1", epoch)]
    messages: list[Message] = [rig.message(one) for one in in_order]
    rig.put(messages)
    sent = [rig.message(one) for one in stirred(days, dice, 90, "u2")]
    while sent:
        size = dice.randint(1, 200)
        rig.put(sent[:size])
        sent = sent[size:]
        if dice.random() < 0.2:
            rig.restart()

    assert rig.rows("count(*)", "received", "true")[0] == 4
    assert digest(rig, "u2") == digest(rig, "u1")
    assert digest(rig, "u1") == GOLDEN
