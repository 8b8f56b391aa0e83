"""Signing treatments: where one stands, what has changed since it was signed, and who may be the one to sign.

In a transaction of the caller's. What is signed is what was shown: the caller compares that before anything is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from evaluation import reasons
from evaluation.alarm_spans import machine_alarms
from evaluation.reasons import Reason
from store import sign_offs
from store.pool import AsyncConnection
from store.sign_offs import Evidence, SignOff, SignOffKind
from telemetry.alarms import Priority


class ReviewState(StrEnum):
    """Where a treatment stands."""

    GOES_ON = "goes on"
    UNSIGNED = "unsigned"
    SIGNED = "signed"
    EARLIER = "signed for an earlier state"


class SigningOutcome(StrEnum):
    """What came of wanting to sign."""

    DONE = "done"
    UNKNOWN = "no such treatment"
    GOES_ON = "it goes on"
    ALREADY = "already signed"
    CHANGED = "changed meanwhile"
    EXCEPTIONAL = "it has reasons to be looked at"
    NO_NOTE = "a note is needed"


@dataclass(frozen=True, slots=True)
class Change:
    """A figure that was another when it was signed; None where it was not known."""

    what: str
    was: float | None
    now: float | None


@dataclass(frozen=True, slots=True)
class Review:
    """A treatment, judged now.

    Attributes:
        signed: the last signature. called: a call for a doctor since then. changes: figures that differ from what was
            signed. new, gone: reasons that were not there then, and those that were.
    """

    evidence: Evidence
    reasons: list[Reason]
    state: ReviewState
    signed: SignOff | None
    called: SignOff | None
    changes: list[Change]
    new: list[Reason]
    gone: list[str]


# Looks at a treatment as it stands, locked, before anything is kept; raises when it is not as was thought.
Look = Callable[[Review], None]


def review(one: Evidence) -> Review:
    """What is to be said of a treatment. Pure."""
    found = reasons.judge(one)
    signed = next((s for s in reversed(one.sign_offs) if s.kind is SignOffKind.SIGNED), None)
    after = signed.sign_off_id if signed else 0
    calls = [s for s in one.sign_offs if s.kind is SignOffKind.NEEDS_A_DOCTOR and s.sign_off_id > after]
    state = _state(one, signed)
    if signed is None or state is not ReviewState.EARLIER:
        return Review(one, found, state, signed, calls[-1] if calls else None, [], [], [])
    then, now = signed.seen.get("figures", {}), figures(one)
    changes = [Change(name, then.get(name), now[name]) for name in now if then.get(name) != now[name]]
    before = {(r["code"], r["about"]): r["text"] for r in signed.seen.get("reasons", [])}
    keys = {(str(reason.code), reason.about) for reason in found}
    new = [reason for reason in found if before.get((str(reason.code), reason.about)) != reason.text]
    gone = [text for key, text in before.items() if key not in keys]
    return Review(one, found, state, signed, calls[-1] if calls else None, changes, new, gone)


def figures(one: Evidence) -> dict[str, float | None]:
    """What a treatment came to, as it is kept with a signature."""
    kept = one.found.summary
    summary = kept.summary if kept else None
    systolic = summary.signals.get("systolic") if summary else None
    by_priority = {p: sum(alert.priority is p for alert in one.alerts) for p in Priority}
    end_us = one.found.treatment.end_us
    found: dict[str, float | None] = {
        "treated_min": None if summary is None else summary.treated_s / 60,
        "unseen_min": None if summary is None else summary.unseen_s / 60,
        "readings": None if summary is None else summary.readings,
        "volume_removed_ml": summary.volume_removed_ml if summary else None,
        "blood_processed_l": summary.blood_processed_l if summary else None,
        "spktv": summary.spktv if summary else None,
        "systolic_min": systolic.minimum if systolic else None,
        "systolic_max": systolic.maximum if systolic else None,
        "weight_before_kg": one.weight_before_kg,
        "weight_after_kg": one.weight_after_kg,
        "target_kg": one.target_kg,
        "planned_min": one.planned_min,
        "prescribed_spktv": one.prescribed_spktv,
        "alerts_high": by_priority[Priority.HIGH],
        "alerts_medium": by_priority[Priority.MEDIUM],
        "alerts_low": by_priority[Priority.LOW],
        "machine_alarms": 0 if end_us is None else len(machine_alarms(one.alarms, end_us)),
    }
    return {name: None if value is None else round(value, 2) for name, value in found.items()}


async def say(
    conn: AsyncConnection, treatment_id: int, kind: SignOffKind, user_id: int, note: str, now_us: int, *,
    in_bulk: bool = False, look: Look | None = None,
) -> tuple[SigningOutcome, Review | None]:  # fmt: skip
    """Sign a treatment, or call a doctor to it; and how it stood before. Of several at once one comes first."""
    await sign_offs.lock(conn, treatment_id)
    found = await sign_offs.evidence(conn, [treatment_id])
    if not found:
        return SigningOutcome.UNKNOWN, None
    one = review(found[0])
    if one.state is ReviewState.GOES_ON:
        return SigningOutcome.GOES_ON, one
    if one.state is ReviewState.SIGNED:
        return SigningOutcome.ALREADY, one
    if look is not None:
        look(one)
    if in_bulk and (one.reasons or one.called):
        return SigningOutcome.EXCEPTIONAL, one
    if not note.strip() and (kind is SignOffKind.NEEDS_A_DOCTOR or one.reasons or one.called):
        return SigningOutcome.NO_NOTE, one
    await sign_offs.add(
        conn, one.evidence, kind, user_id, note.strip(), now_us, in_bulk=in_bulk, rules=reasons.VERSION,
        seen=_seen(one),
    )  # fmt: skip
    return SigningOutcome.DONE, one


def _state(one: Evidence, signed: SignOff | None) -> ReviewState:
    if one.found.treatment.end_us is None:
        return ReviewState.GOES_ON
    if signed is None:
        return ReviewState.UNSIGNED
    return ReviewState.EARLIER if one.marks or signed.revision != one.found.revision else ReviewState.SIGNED


def _seen(one: Review) -> Mapping[str, Any]:
    told = [{"code": str(r.code), "about": r.about, "text": r.text} for r in one.reasons]
    return {"figures": figures(one.evidence), "reasons": told}
