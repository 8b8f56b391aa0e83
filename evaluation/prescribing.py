"""Prescription and limits, changed by people: proposed, signed by another where less would be told, in force or not.

Each in a transaction of the caller's, alone for the patient: of several at once the second one sees what the first did.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from alerts.prescribing import changes
from alerts.prescribing.changes import Change, Held, Verdict, Wanted
from alerts.prescribing.items import RANGES
from alerts.ruleset import Ruleset
from alerts.schema import CONTEXT_KEYS
from store import audit, prescriptions
from store.audit import Deed
from store.pool import AsyncConnection
from store.prescriptions import IN_FORCE, REJECTED, WITHDRAWN, NewProposal, Patient, Proposal
from telemetry.care import Arranged, Content, Limits, Prescribed, TargetWeight
from telemetry.past import Past

HOUR_US: Final = 3_600_000_000
# A dangerous widening that nobody has signed by then was not that urgent, or was forgotten [D].
LIFE_US: Final = 24 * HOUR_US
# The treatments somebody was shown are the last ones only for so long [D].
SEEN_WITHIN_US: Final = 24 * HOUR_US
# Proposals of a patient that are looked at; the one that waits is always among the newest: later ones overtake it.
SHOWN: Final = 10
_WEIGHT: Final = "target_weight_kg"


class Refused(Exception):
    """It makes no sense any more, or is not for this person; str() says why."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.hint = hint


class NotSeen(Exception):
    """The replay that has to be seen before was not; str() says what is lacking, `where` at which field."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(why)
        self.where = where


class Impossible(Exception):
    """Values that cannot be, each at its field."""

    def __init__(self, wrong: Sequence[changes.Wrong]) -> None:
        super().__init__(wrong[0].why)
        self.wrong = wrong


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asks for.

    Attributes:
        replay_id: of what they were shown. without_treatments: they know that there was none to be shown.
    """

    patient_id: int
    user_id: int
    wanted: Wanted
    reason: str
    replay_id: int | None
    without_treatments: bool


def held(patient: Patient, now_us: int) -> Held:
    """What holds for a patient now."""
    past = Past(now_us, now_us, arranged=patient.arranged, target_weight_kg=patient.entered_with.target_weight_kg)
    rules = {one.content.rule for one in patient.arranged if isinstance(one.content, Limits)}
    items = {name: getattr(patient.entered_with, name, None) for name in RANGES}
    items |= {name: value for name, value in past.prescribed(now_us).items() if name in items}
    items[_WEIGHT] = past.target_kg(now_us)
    earlier = {name: _earlier(patient, name, now_us) for name in items}
    return Held({rule: past.own_limits(rule, now_us) for rule in sorted(rules)}, items, earlier)


def _earlier(patient: Patient, item: str, now_us: int) -> tuple[float, ...]:
    """The last value that two people signed, else the first that was known; and the last one of all."""
    known = _values(patient.arranged, item, now_us)
    if (entered := getattr(patient.entered_with, item, None)) is not None:
        known.insert(0, entered)
    if not known:
        return ()
    signed = _values(patient.signed, item, now_us)
    return (signed[-1] if signed else known[0], known[-1])


def _values(arranged: Sequence[Arranged], item: str, now_us: int) -> list[float]:
    """The values of an item in the order in which they came to hold, up to now."""
    found: list[tuple[int, float | None]] = []
    for one in arranged:
        content = one.content
        if isinstance(content, TargetWeight) and item == _WEIGHT:
            found.append((one.since_us, content.kg))
        elif isinstance(content, Prescribed) and content.item == item:
            found.append((one.since_us, content.value))
    found.sort(key=lambda one: one[0])
    return [value for since_us, value in found if value is not None and since_us <= now_us]


def asked(now: Held, wanted: Wanted) -> dict[str, Any]:
    """By what a replay is known again: the limits of every changed rule as they would hold, and the items."""
    found: dict[str, Any] = {"limits": changes.resulting(now, wanted), "items": dict(wanted.items)}
    return found


def to_try(now: Held, wanted: Wanted) -> dict[str, float | None]:
    """`Way.own` of what is wanted: every number of a changed rule that is or was the patient's own."""
    own: dict[str, float | None] = {}
    for rule, names in wanted.limits.items():
        merged = {**now.limits.get(rule, {}), **names}
        own |= {f"{rule} {name}": value for name, value in merged.items()}
    return own


def for_rules(wanted: Wanted) -> dict[str, float | None]:
    """The items that any rule goes by."""
    return {item: value for item, value in wanted.items.items() if item in CONTEXT_KEYS}


def contents(now: Held, wanted: Wanted) -> list[Content]:
    """What is to be arranged."""
    found: list[Content] = [Limits(rule=rule, limits=own) for rule, own in changes.resulting(now, wanted).items()]
    for item, value in wanted.items.items():
        is_weight = item == _WEIGHT and value is not None
        found.append(TargetWeight(kg=value) if is_weight else Prescribed(item=item, value=value))  # type: ignore[arg-type]
    return found


def state(proposal: Proposal, now_us: int) -> str:
    """How a proposal stands: waiting, in force, rejected, withdrawn, expired, or overtaken by another change."""
    if proposal.outcome is not None:
        return proposal.outcome
    if now_us >= proposal.expires_us:
        return "expired"
    return "overtaken" if proposal.is_overtaken else "waiting"


def judged(rules: Ruleset, now: Held, wanted: Wanted) -> list[Change]:
    """The changes with their verdicts; Impossible for what cannot be, or changes nothing."""
    if wrong := changes.wrong(rules, now, wanted):
        raise Impossible(wrong)
    found = changes.judge(rules, now, wanted)
    if all(one.old == one.new for one in found):
        raise Impossible([changes.Wrong("limits", "nothing is changed: it is so already")])
    return found


async def propose(
    conn: AsyncConnection,
    rules: Ruleset,
    request: Request,
    look: Callable[[Patient, list[Proposal]], None],
    now_us: int,
) -> int:
    """Keep a proposal, and put it in force at once where nobody else has to sign; its number. Alone for the patient.

    `look` raises when what stands is not what the person has read. Impossible, NotSeen, Refused.
    """
    patient = await prescriptions.patient(conn, request.patient_id)
    assert patient is not None, "looked at before"
    others = await prescriptions.proposals(conn, request.patient_id, SHOWN)
    look(patient, others)
    now = held(patient, now_us)
    found = judged(rules, now, request.wanted)
    verdict = changes.verdict(found)
    await _check_seen(conn, request, asked(now, request.wanted), now_us)
    dangerous = changes.needs_second(verdict)
    if dangerous and any(state(one, now_us) == "waiting" for one in others):
        raise Refused("another proposal waits for its signature", "sign, reject or withdraw that one first")
    new = NewProposal(
        request.patient_id, patient.version, contents(now, request.wanted), [msgspec.to_builtins(one) for one in found],
        str(verdict), request.reason, request.replay_id, request.user_id, now_us, now_us + LIFE_US,
    )  # fmt: skip
    proposal_id = await prescriptions.propose(conn, new)
    kept = await prescriptions.proposal(conn, proposal_id)
    assert kept is not None
    if not dangerous:
        await prescriptions.settle(conn, proposal_id, IN_FORCE, request.user_id, now_us)
        await prescriptions.arrange(conn, kept, audit.person(request.user_id), now_us)
    await _note(conn, kept, "propose dangerous widening" if dangerous else "change limits", request.user_id, now_us)
    return proposal_id


async def sign(conn: AsyncConnection, proposal: Proposal, user_id: int, now_us: int) -> None:
    """A second person lets it hold from now on; Refused when it does not wait any more, or to its proposer."""
    current = await _waiting(conn, proposal, now_us)
    if current.user_id == user_id:
        raise Refused("you have proposed it yourself", "another nephrologist of the clinic has to sign")
    await prescriptions.settle(conn, current.proposal_id, IN_FORCE, user_id, now_us)
    await prescriptions.arrange(conn, current, audit.person(current.user_id), now_us)
    await _note(conn, current, "sign dangerous widening", user_id, now_us)


async def reject(conn: AsyncConnection, proposal: Proposal, user_id: int, reason: str, now_us: int) -> None:
    """A second person refuses it, and says why; its proposer takes it back instead. Refused as with `sign`."""
    current = await _waiting(conn, proposal, now_us)
    if current.user_id == user_id:
        raise Refused("you have proposed it yourself", "withdraw it instead")
    await prescriptions.settle(conn, current.proposal_id, REJECTED, user_id, now_us, reason)
    await _note(conn, current, "reject dangerous widening", user_id, now_us)


async def withdraw(conn: AsyncConnection, proposal: Proposal, user_id: int, now_us: int) -> None:
    """Its proposer takes it back; Refused to anybody else, and when it does not wait any more."""
    current = await _waiting(conn, proposal, now_us)
    if current.user_id != user_id:
        raise Refused("somebody else has proposed it", "reject it instead")
    await prescriptions.settle(conn, current.proposal_id, WITHDRAWN, user_id, now_us)
    await _note(conn, current, "withdraw dangerous widening", user_id, now_us)


async def _waiting(conn: AsyncConnection, proposal: Proposal, now_us: int) -> Proposal:
    current = await prescriptions.proposal(conn, proposal.proposal_id)
    assert current is not None, "append-only"
    if current.verdict != Verdict.DANGEROUS or (stands := state(current, now_us)) == IN_FORCE:
        raise Refused("it is in force already", "look at what holds now")
    if stands == "overtaken":
        raise Refused("something else was changed since it was proposed", "it has to be proposed anew")
    if stands != "waiting":
        raise Refused(f"it is {stands}", "it has to be proposed anew")
    return current


async def _check_seen(conn: AsyncConnection, request: Request, wanted: Mapping[str, Any], now_us: int) -> None:
    where = "replay_id"
    if request.replay_id is None:
        raise NotSeen(where, "look first at what would have been told with these limits")
    seen = await prescriptions.replay(conn, request.replay_id)
    if seen is None or (seen.patient_id, seen.user_id) != (request.patient_id, request.user_id):
        raise NotSeen(where, "no such look at this patient's treatments of yours")
    if seen.asked != wanted:
        raise NotSeen(where, "what was looked at were other limits: look once more")
    if now_us - seen.asked_us > SEEN_WITHIN_US:
        raise NotSeen(where, "it is too long ago: look once more")
    if seen.treatments == 0 and not request.without_treatments:
        raise NotSeen("without_treatments", "no treatment is stored to try it on: say that you know")


async def _note(conn: AsyncConnection, proposal: Proposal, action: str, user_id: int, now_us: int) -> None:
    detail = {"proposal": proposal.proposal_id, "verdict": proposal.verdict}
    await audit.aappend(conn, Deed(now_us, audit.person(user_id), action, f"patient:{proposal.patient_id}", detail))
