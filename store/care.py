"""What is arranged for patients and what people measured: entered once, never changed, read in the order of entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from psycopg.types.json import Jsonb

from store.pool import Connection
from store.queries import run
from store.values import storable_text, storable_us
from telemetry.care import CONTENTS, QUANTITIES, Access, Arranged, Arrangement, Content, Measured, Measurement, kind_of


@dataclass(frozen=True, slots=True)
class Entry:
    """An arrangement as it was entered: by whom, why, when."""

    arranged: Arranged
    author: str
    reason: str
    entered_us: int


def arrange(conn: Connection, patient_id: int, entry: Entry) -> None:
    """Keep an arrangement; it holds from its moment until the next of its kind does. StoreError for no such patient.

    Whoever signs a proposal for the patient waits until the transaction ends (`store.prescriptions.alone`).
    """
    content = entry.arranged.content
    run(conn, "prescription_alone", {"patient": patient_id})
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


def limits_in_force(conn: Connection, unit_ids: Sequence[int], now_us: int) -> dict[int, dict[str, dict[str, float]]]:
    """By unit id and rule: own limits of the patient whom the unit serves, as they hold now."""
    found: dict[int, dict[str, dict[str, float]]] = {}
    for unit_id, rule, limits in run(conn, "limits_in_force", {"units": list(unit_ids), "now": storable_us(now_us)}):
        found.setdefault(unit_id, {})[rule] = limits
    return found


def prescribed_in_force(
    conn: Connection, unit_ids: Sequence[int], now_us: int
) -> dict[int, dict[str, float | None]]:  # fmt: skip
    """By unit id and item: what is arranged as prescribed for the patient whom the unit serves, as it holds now."""
    found: dict[int, dict[str, float | None]] = {}
    for unit_id, item, value in run(conn, "prescribed_in_force", {"units": list(unit_ids), "now": storable_us(now_us)}):
        found.setdefault(unit_id, {})[item] = value
    return found


def target_weights_in_force(conn: Connection, unit_ids: Sequence[int], now_us: int) -> dict[int, float]:
    """By unit id: the target weight arranged for the patient whom the unit serves, as it holds now, kg."""
    parameters = {"units": list(unit_ids), "now": storable_us(now_us)}
    return dict(run(conn, "target_weights_in_force", parameters).fetchall())


def accesses_in_force(conn: Connection, unit_ids: Sequence[int], now_us: int) -> dict[int, Access]:
    """By unit id: the access of the patient whom the unit serves, with its needle, as it holds now."""
    parameters = {"units": list(unit_ids), "now": storable_us(now_us)}
    return {unit_id: msgspec.convert(stored, Access) for unit_id, stored in run(conn, "accesses_in_force", parameters)}


def _content(kind: str, stored: object) -> Content:
    return msgspec.convert(stored, CONTENTS[Arrangement(kind)])
