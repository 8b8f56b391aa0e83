"""Reviews: whose are due, what was found, and that each finding is recorded once.

What is new about a patient is noted by triggers in the transaction that stores it; the transaction of a review takes
those notes away together with what it records. So none is forgotten and none is recorded twice, whoever is killed when.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from store.alert_log import AlertState, alert_state
from store.pool import AsyncConnection, Connection
from store.queries import arun, run
from store.values import storable_numbers, storable_text, storable_us
from telemetry.alarms import FindingState, Priority

# Findings of a patient that are looked back at: more than the treatments that are judged anew.
KNOWN: Final = 2000


@dataclass(frozen=True, slots=True)
class DueReview:
    """A patient to be looked at, and the unit that served them last.

    Attributes:
        unit: its name. bound_us: since when it did. served: whether it still does, and may send.
    """

    patient_id: int
    unit_id: int
    unit: str
    bound_us: int
    served: bool


@dataclass(frozen=True, slots=True)
class KnownFinding:
    """What is on record of a rule's version about something. `number` rises with each recording."""

    rule: str
    rule_version: str
    about: str
    basis: str
    state: FindingState
    priority: Priority | None
    time_us: int
    number: int


@dataclass(frozen=True, slots=True)
class FindingRow:
    """What is recorded. `time_us`: of what it is about."""

    rule: str
    rule_version: str
    about: str
    basis: str
    time_us: int
    state: FindingState
    priority: Priority | None
    reason: str
    inputs: Mapping[str, float]
    limits: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """Where a rule stands with a patient, for people."""

    rule: str
    rule_version: str
    about: str
    state: FindingState
    priority: Priority | None
    reason: str
    time_us: int
    found_us: int


def due(conn: Connection, shards: Iterable[int], now_us: int, limit: int = 10) -> list[DueReview]:
    """Patients of units of these shards whose review is due, those looked at longest ago first."""
    rows = run(conn, "due_reviews", {"shards": sorted(shards), "now": now_us, "limit": limit})
    return [DueReview(*row) for row in rows]


def begin(conn: Connection, patient_id: int) -> list[int]:
    """Be the only one who reviews this patient until the transaction ends; the notes there are now."""
    run(conn, "review_alone", {"patient": patient_id})
    return [row[0] for row in run(conn, "review_marks", {"patient": patient_id})]


def known(conn: Connection, patient_id: int, versions: Sequence[str]) -> list[KnownFinding]:
    """What is on record of these versions of rules, newest first."""
    parameters = {"patient": patient_id, "versions": list(versions), "limit": KNOWN}
    return [
        KnownFinding(rule, version, about, basis, FindingState(state), _priority(priority), time_us, number)
        for rule, version, about, basis, state, priority, time_us, number in run(conn, "known_findings", parameters)
    ]


def save(conn: Connection, patient_id: int, rows: Sequence[FindingRow], now_us: int) -> None:
    """Record findings in this order; one about the same by the same version takes the place of the one before."""
    if not rows:
        return
    columns = {
        "patient": patient_id,
        "now": storable_us(now_us),
        "rules": [row.rule for row in rows],
        "versions": [row.rule_version for row in rows],
        "abouts": [storable_text(row.about) for row in rows],
        "bases": [storable_text(row.basis) for row in rows],
        "times": [storable_us(row.time_us) for row in rows],
        "states": [str(row.state) for row in rows],
        "priorities": [None if row.priority is None else str(row.priority) for row in rows],
        "reasons": [storable_text(row.reason) for row in rows],
        "inputs": [storable_numbers(row.inputs) for row in rows],
        "limits": [storable_numbers(row.limits) for row in rows],
    }
    run(conn, "save_findings", columns)


def finish(conn: Connection, patient_id: int, marks: Sequence[int], now_us: int, due_us: int | None) -> None:
    """The review is done: what was noted before it began is taken care of; look again at `due_us` (None: never)."""
    run(conn, "remove_review_marks", {"marks": list(marks)})
    run(conn, "review_is_done", {"patient": patient_id, "now": now_us, "due": due_us})


def put_off(conn: Connection, patient_id: int, now_us: int, until_us: int) -> None:
    """Do not try this one again before then, whatever is noted meanwhile."""
    run(conn, "put_review_off", {"patient": patient_id, "now": now_us, "until": until_us})


def review_all(conn: Connection, versions: Sequence[str], now_us: int) -> None:
    """Make due whoever has not been seen by all of these versions of rules."""
    run(conn, "review_all", {"versions": list(versions), "now": now_us})


def open_alerts(conn: Connection, patient_id: int) -> list[AlertState]:
    """The patient's alerts that are not over, on whatever unit; unchangeable by others until the transaction ends."""
    return [alert_state(row) for row in run(conn, "open_alerts_of_patient", {"patient": patient_id})]


def name_patient(conn: Connection, patient_id: int, alert_ids: Iterable[int]) -> None:
    """These alerts are this patient's."""
    run(conn, "name_patient_of_alerts", {"patient": patient_id, "alerts": sorted(set(alert_ids))})


def newest(conn: Connection, patient_id: int) -> list[ShownFinding]:
    """What each rule found last, by rule."""
    return [
        ShownFinding(rule, version, about, FindingState(state), _priority(priority), reason, time_us, found_us)
        for rule, version, about, state, priority, reason, time_us, found_us in run(
            conn, "newest_findings", {"patient": patient_id}
        )
    ]


async def not_evaluated(
    conn: AsyncConnection, unit_ids: Sequence[int], rules: Sequence[str]
) -> dict[int, list[tuple[str, str]]]:
    """By unit id: those of these rules that could not be evaluated last, of the patient it serves now, and why."""
    found: dict[int, list[tuple[str, str]]] = {}
    parameters = {"units": list(unit_ids), "rules": list(rules)}
    async for unit_id, rule, reason in await arun(conn, "not_evaluated_between", parameters):
        found.setdefault(unit_id, []).append((rule, reason))
    return found


def _priority(stored: str | None) -> Priority | None:
    return None if stored is None else Priority(stored)
