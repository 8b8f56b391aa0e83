"""Bodies about prescription and limits."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from alerts.prescribing.changes import Verdict, Why
from clinician_api.live.messages import Model, UnitId
from clinician_api.treatments.what_if import PriorityName, WhatIfAlert

Less = Literal["higher", "lower"]
State = Literal["waiting", "in force", "rejected", "withdrawn", "expired", "overtaken"]
RuleId = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,7}$")]
LevelName = Annotated[str, Field(pattern=r"^(high|medium|low)(_[a-z]+){0,4}$")]
ItemName = Annotated[str, Field(pattern=r"^[a-z][a-z_]{2,40}$")]
Number = Annotated[float, Field(allow_inf_nan=False, strict=True)]
Reason = Annotated[str, Field(min_length=10, max_length=500, pattern=r"\S.{8,}\S")]


class ItemView(Model):
    """One prescribed item."""

    item: str
    unit: str
    value: float | None = Field(description="Null: not known, so its rules are not evaluated")
    low: float = Field(description="Outside low … high it is a mistake of unit or of typing")
    high: float


class LevelView(Model):
    """One number of a rule that can be a patient's own."""

    name: str
    priority: PriorityName
    unit: str
    usual: list[float] = Field(description="The rule's own; two where it depends on the pressure before the treatment")
    own: float | None = Field(description="The patient's; null: the rule's own holds")
    low: float = Field(description="Between low and high it can be")
    high: float
    less: Less = Field(description="Which way less is told")
    vital: bool = Field(description="Beyond the rule's own, that way, another nephrologist has to sign")
    source: str = Field(description="Why, in English")


class RuleLimits(Model):
    """A rule on readings."""

    rule: str
    title: str
    levels: list[LevelView]


class BetweenLimit(Model):
    """One number of a rule between treatments."""

    name: str
    usual: float
    own: float | None


class BetweenRule(Model):
    """A rule between treatments; its limits are arranged at the command line."""

    rule: str
    title: str
    limits: list[BetweenLimit]


class ChangeView(Model):
    """One change of a proposal, as it was judged."""

    rule: str = Field(description="Empty of a prescribed item")
    name: str
    unit: str
    old: float | None
    new: float | None
    verdict: Verdict
    why: Why
    source: str


class ReplayRule(Model):
    """What the change does to one rule's alerts of the past."""

    rule: str
    title: str
    old: int = Field(ge=0)
    new: int = Field(ge=0)
    missed_high: list[WhatIfAlert] = Field(description="High ones that would not have been told, or not as high ones")
    gone: list[WhatIfAlert] = Field(description="The first of those not told, at most 20")
    added: list[WhatIfAlert] = Field(description="The first of those told besides, at most 20")
    gone_count: int = Field(ge=0)
    added_count: int = Field(ge=0)
    changed_count: int = Field(ge=0, description="Told in both, at another priority")


class ReplaySummary(Model):
    """What other limits would have said of a patient's last treatments."""

    treatments: int = Field(ge=0, description="0: none is stored, so nothing is known")
    hours: float = Field(ge=0)
    old: int = Field(ge=0, description="Alerts, as it was")
    new: int = Field(ge=0)
    missed_high: int = Field(ge=0)
    rules: list[ReplayRule] = Field(description="Those that say something else, and those that are changed")
    not_judged: list[str] = Field(description="Rules on silence: what is stored does not tell it")


class ProposalView(Model):
    """What somebody wants changed, and what became of it."""

    proposal_id: str
    patient_id: str
    patient: str
    unit: UnitId | None = Field(description="That serves the patient now")
    proposed_by: str
    yours: bool = Field(description="You have proposed it: another has to sign, and you may withdraw it")
    may_sign: bool = Field(
        description="It waits for you, too: another has proposed it, and you see the patient by clinic or team, not for"
        " the moment only (opened access, a shift, a notice)"
    )
    proposed_at: datetime
    expires_at: datetime
    reason: str
    verdict: Verdict
    state: State
    decided_by: str | None
    decided_at: datetime | None
    decided_reason: str | None
    changes: list[ChangeView]
    replay: ReplaySummary | None


class StripLine(Model):
    """A number that holds now, in the scale of one signal."""

    signal: str
    value: float
    beyond: Literal["above", "below", ""] = Field(
        description="On which side the rule tells; empty of what is prescribed"
    )
    kind: Literal["prescribed", "own", "usual"] = Field(
        description="own: the patient's own limit; usual: the rule's; prescribed: an item of the prescription"
    )
    priority: PriorityName | None = Field(description="Of the alert; null of what is prescribed and no limit")
    rule: str = Field(description="Empty of what is prescribed and no limit")


class Prescription(Model):
    """What holds for a patient now. `ETag` goes back as `If-Match` with a proposal."""

    patient_id: str
    patient: str
    items: list[ItemView]
    treatment_min: float | None = Field(
        description="How long a treatment is to last, by the schedule; null: none is arranged"
    )
    rules: list[RuleLimits]
    between: list[BetweenRule]
    lines: list[StripLine] = Field(
        description="The same to be drawn over a course, where a number is a value of a signal"
    )
    waiting: ProposalView | None = Field(description="For a signature; until then what is above holds")
    past: list[ProposalView] = Field(description="The last ones, newest first, whatever became of them")


class HistoryStep(Model):
    """One thing that was arranged: it holds from `since` until the next of its kind does."""

    number: str
    rule: str = Field(description="Empty of a prescribed item")
    item: str = Field(description="Empty of limits")
    limits: dict[str, float] = Field(description="All of the patient's own for the rule; none: the rule's own again")
    value: float | None
    since: datetime
    entered_at: datetime
    by: str
    reason: str
    verdict: Verdict | None = Field(description="Null where it was entered at the command line")
    signed_by: str | None = Field(description="Who signed besides; null where nobody had to")
    signed_at: datetime | None


class PrescriptionHistory(Model):
    """Versions, newest first."""

    steps: list[HistoryStep]
    next: str | None = Field(description="`cursor` of what comes after these; null: that was all")


class Changes(Model):
    """What is to be changed; what is not named stays."""

    limits: dict[RuleId, Annotated[dict[LevelName, Number | None], Field(min_length=1, max_length=10)]] = Field(
        default={},
        max_length=30,
        description="Rule, number, limit; null: the rule's own again",
        examples=[{"R13": {"high": 320}}],
    )
    items: dict[ItemName, Number | None] = Field(
        default={}, max_length=10, description="Prescribed item, value; null: not known any more"
    )


class Propose(Changes):
    """A proposal, by somebody who has seen what it would have done."""

    reason: Reason = Field(description="Why, for those who come after you: 10 characters at least")
    replay_id: str | None = Field(
        default=None,
        pattern=r"^[0-9]{1,18}$",
        description="Of the answer to …/prescription/replay for the same changes",
    )
    without_treatments: bool = Field(
        default=False, strict=True, description="I know that no treatment is stored on which it could be tried"
    )


class Replayed(Model):
    """What was worked out, by whose number it is proposed, and what the change is judged to be."""

    replay_id: str
    verdict: Verdict
    changes: list[ChangeView]
    summary: ReplaySummary


class Proposed(Model):
    """What became of it, and how things stand."""

    proposal: ProposalView
    prescription: Prescription


class RejectProposal(Model):
    """Why not."""

    reason: Reason


class Proposals(Model):
    """Proposals that wait for a signature, oldest first."""

    server_time: datetime
    proposals: list[ProposalView]
    next: str | None = Field(description="`cursor` of what comes after these; null: that was all")
