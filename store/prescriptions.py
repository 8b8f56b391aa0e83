"""What people propose to change of a patient's prescription and limits, and what became of it: append-only.

For whoever serves people, in transactions of theirs; `alone` first, where something is to be written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from psycopg.types.json import Jsonb

from store.patients import Prescription
from store.pool import AsyncConnection
from store.queries import arun
from store.values import storable_text, storable_us
from telemetry.care import CONTENTS, Arranged, Arrangement, Content, kind_of

IN_FORCE: Final = "in force"
REJECTED: Final = "rejected"
WITHDRAWN: Final = "withdrawn"


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient with all that was ever arranged, in the order of entry.

    Attributes:
        entered_with: what was prescribed when they were entered. version: rises with every arrangement.
        signed: of what was arranged, what two people signed.
    """

    name: str
    clinic_id: int | None
    entered_with: Prescription
    arranged: tuple[Arranged, ...]
    version: int
    signed: tuple[Arranged, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One arrangement of the past. author: actor of the record, `name` theirs; signer: who signed it besides."""

    number: int
    content: Content
    since_us: int
    entered_us: int
    author: str
    name: str
    reason: str
    proposal_id: int | None
    verdict: str | None
    signer: str | None
    signed_us: int | None


@dataclass(frozen=True, slots=True)
class Replay:
    """What somebody was shown of the past under other limits. asked: these limits; summary: what came of it."""

    patient_id: int
    user_id: int
    asked: Any
    treatments: int
    summary: Any
    asked_us: int


@dataclass(frozen=True, slots=True)
class NewProposal:
    """What is proposed. based_on: the `Patient.version` known to whoever proposes; changes: as they were judged."""

    patient_id: int
    based_on: int
    contents: Sequence[Content]
    changes: Sequence[Mapping[str, Any]]
    verdict: str
    reason: str
    replay_id: int | None
    user_id: int
    now_us: int
    expires_us: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal and what became of it.

    Attributes:
        unit: wire id of the unit that serves the patient now. outcome: None while there is none.
        decider, decided_us, decided_reason: of the outcome. summary: of the replay its proposer was shown.
        is_overtaken: something was arranged since.
    """

    proposal_id: int
    patient_id: int
    patient: str
    clinic_id: int | None
    unit: str | None
    based_on: int
    contents: tuple[Content, ...]
    changes: Any
    verdict: str
    reason: str
    user_id: int
    proposer: str
    proposed_us: int
    expires_us: int
    outcome: str | None
    decider: str | None
    decided_us: int | None
    decided_reason: str | None
    summary: Any
    is_overtaken: bool


async def alone(conn: AsyncConnection, patient_id: int) -> None:
    """Until the transaction ends nobody else proposes, signs or arranges for this patient."""
    await arun(conn, "prescription_alone", {"patient": patient_id})


async def patient(conn: AsyncConnection, patient_id: int) -> Patient | None:
    """A patient and everything arranged; None where there is none."""
    row = await (await arun(conn, "prescribed_patient", {"patient": patient_id})).fetchone()
    if row is None:
        return None
    rows = await (await arun(conn, "arrangements_numbered", {"patient": patient_id})).fetchall()
    arranged = tuple(Arranged(since_us, _content(kind, content)) for _, since_us, kind, content, _ in rows)
    signed = tuple(one for one, found in zip(arranged, rows, strict=True) if found[4])
    return Patient(row[0], row[1], Prescription(*row[2:]), arranged, rows[-1][0] if rows else 0, signed)


async def history(conn: AsyncConnection, patient_id: int, before: int | None, limit: int) -> list[Step]:
    """What was arranged before the arrangement of that number (None: all), at most `limit`, the newest first."""
    rows = await arun(conn, "prescription_history", {"patient": patient_id, "before": before, "limit": limit})
    return [Step(row[0], _content(row[1], row[2]), *row[3:]) async for row in rows]


async def add_replay(conn: AsyncConnection, replay: Replay) -> int:
    """Keep what somebody was shown; its number."""
    parameters = {
        "patient": replay.patient_id, "user": replay.user_id, "asked": Jsonb(replay.asked),
        "treatments": replay.treatments, "summary": Jsonb(replay.summary), "now": storable_us(replay.asked_us),
    }  # fmt: skip
    return await _number(conn, "add_prescription_replay", parameters)


async def replay(conn: AsyncConnection, replay_id: int) -> Replay | None:
    """What somebody was shown, by its number."""
    row = await (await arun(conn, "prescription_replay", {"replay": replay_id})).fetchone()
    return None if row is None else Replay(*row)


async def propose(conn: AsyncConnection, new: NewProposal) -> int:
    """Keep a proposal; its number."""
    contents = [{"kind": str(kind_of(one)), "content": msgspec.to_builtins(one)} for one in new.contents]
    parameters = {
        "patient": new.patient_id, "based_on": new.based_on, "contents": Jsonb(contents),
        "changes": Jsonb(list(new.changes)), "verdict": new.verdict, "reason": storable_text(new.reason, 1000),
        "replay": new.replay_id, "user": new.user_id, "now": storable_us(new.now_us),
        "expires": storable_us(new.expires_us),
    }  # fmt: skip
    return await _number(conn, "add_prescription_proposal", parameters)


async def settle(
    conn: AsyncConnection, proposal_id: int, outcome: str, user_id: int, now_us: int, reason: str = ""
) -> None:
    """What became of a proposal. StoreError when something did already, or the database knows why it may not be."""
    parameters = {"proposal": proposal_id, "outcome": outcome, "user": user_id, "now": storable_us(now_us)}
    await arun(conn, "settle_prescription_proposal", {**parameters, "reason": storable_text(reason, 1000)})


async def arrange(conn: AsyncConnection, proposal: Proposal, author: str, now_us: int) -> None:
    """Let what was proposed hold from now on."""
    for content in proposal.contents:
        parameters = {
            "patient": proposal.patient_id, "kind": str(kind_of(content)),
            "content": Jsonb(msgspec.to_builtins(content)), "since": storable_us(now_us),
            "author": storable_text(author, 200), "reason": storable_text(proposal.reason, 1000),
            "now": storable_us(now_us), "proposal": proposal.proposal_id,
        }  # fmt: skip
        await arun(conn, "arrange_proposed", parameters)


async def proposal(conn: AsyncConnection, proposal_id: int) -> Proposal | None:
    """One proposal as it stands."""
    found = await _proposals(conn, proposal=proposal_id, limit=1)
    return found[0] if found else None


async def proposals(conn: AsyncConnection, patient_id: int, limit: int) -> list[Proposal]:
    """The newest proposals of a patient, newest first."""
    return await _proposals(conn, patient=patient_id, limit=limit)


async def waiting(conn: AsyncConnection, now_us: int, after: int, limit: int) -> list[Proposal]:
    """Proposals of all visible patients that wait for a signature, beyond that number, oldest first."""
    return await _proposals(conn, waiting=True, now=storable_us(now_us), after=after, limit=limit)


async def _proposals(conn: AsyncConnection, **wanted: Any) -> list[Proposal]:
    defaults = {"patient": None, "proposal": None, "waiting": False, "now": 0, "after": 0}
    rows = await arun(conn, "prescription_proposals", {**defaults, **wanted})
    return [_proposal(row) async for row in rows]


def _proposal(row: Sequence[Any]) -> Proposal:
    contents = tuple(_content(one["kind"], one["content"]) for one in row[6])
    return Proposal(*[*row[:6], contents, *row[7:]])


async def _number(conn: AsyncConnection, name: str, parameters: dict[str, Any]) -> int:
    row = await (await arun(conn, name, parameters)).fetchone()
    assert row is not None
    return int(row[0])


def _content(kind: str, stored: object) -> Content:
    return msgspec.convert(stored, CONTENTS[Arrangement(kind)])
