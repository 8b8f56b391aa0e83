"""What is arranged for patients and what people measured: entered once, never changed, read in the order of entry."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from psycopg.types.json import Jsonb

from store.pool import Connection
from store.queries import run
from store.values import storable_text, storable_us
from telemetry.care import CONTENTS, QUANTITIES, Arranged, Arrangement, Content, Measured, Measurement, kind_of


@dataclass(frozen=True, slots=True)
class Entry:
    """An arrangement as it was entered: by whom, why, when."""

    arranged: Arranged
    author: str
    reason: str
    entered_us: int


def arrange(conn: Connection, patient_id: int, entry: Entry) -> None:
    """Keep an arrangement; it holds from its moment until the next of its kind does. StoreError for no such patient."""
    content = entry.arranged.content
    parameters = {
        "patient": patient_id, "kind": str(kind_of(content)), "content": Jsonb(msgspec.to_builtins(content)),
        "since": storable_us(entry.arranged.since_us), "author": storable_text(entry.author, 200),
        "reason": storable_text(entry.reason, 1000), "now": storable_us(entry.entered_us),
    }  # fmt: skip
    run(conn, "add_arrangement", parameters)


def entries(conn: Connection, patient_id: int) -> list[Entry]:
    """All that was ever arranged for a patient, in the order of entry."""
    return [
        Entry(Arranged(since_us, _content(kind, content)), author, reason, entered_us)
        for since_us, kind, content, author, reason, entered_us in run(conn, "arrangements", {"patient": patient_id})
    ]


def measure(
    conn: Connection, patient_id: int, unit_id: int, taken: Measurement, author: str, now_us: int
) -> None:  # fmt: skip
    """Keep a value: of the patient, or of the water of the unit's home. The number of `taken` is given here."""
    of_water = QUANTITIES[taken.what].of_water
    parameters = {
        "patient": None if of_water else patient_id, "unit": unit_id if of_water else None, "what": str(taken.what),
        "value": taken.value, "taken": storable_us(taken.taken_us), "author": storable_text(author, 200),
        "now": storable_us(now_us),
    }  # fmt: skip
    run(conn, "add_measurement", parameters)


def measurements(conn: Connection, patient_id: int, unit_id: int, since_us: int) -> list[Measurement]:
    """What was taken since then of a patient and of the water of a unit's home, in the order of entry."""
    parameters = {"patient": patient_id, "unit": unit_id, "since": storable_us(since_us)}
    rows = run(conn, "measurements", parameters)
    return [Measurement(number, Measured(what), value, taken_us) for number, what, value, taken_us in rows]


def _content(kind: str, stored: object) -> Content:
    return msgspec.convert(stored, CONTENTS[Arrangement(kind)])
