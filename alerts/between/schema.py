"""The words of a rule file of this room, and what a judge answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from alerts.rationalisation import Rationalisation
from telemetry.alarms import FindingState, Priority


class Numbers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of a rule's `[limits]`: numbers that a patient may have of their own. Words may stand beside them."""

    def check(self) -> None:
        """ValueError naming a limit first ("low_min: …") when the numbers do not go together."""


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every rule file says.

    Attributes:
        judge: which of `ruleset.JUDGES`; its `[limits]` are the judge's own.
        each: whether a later treatment that is found so, too, is to be seen by people again.
        latch: whether people must have seen a medium one before it goes.
        action: what the person who is told is asked to do.
        source, mark: where the numbers come from and how sure that is (C, N, M, D of the specification).
        rationalisation: why it is an alert at all, and within which time somebody has to act.
    """

    id: str
    version: str
    title: str
    judge: str
    cause: str
    source: str
    mark: str
    action: str
    rationalisation: Rationalisation
    each: bool = False
    latch: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says.

    Attributes:
        about: what it is about, told apart from all others of the rule: a treatment, a planned start, a week, values.
        time_us: when that was; it decides which limits of the patient's own hold.
        priority: of an active or pending finding, else None.
        reason: one plain sentence; of what is not evaluated, why not.
        inputs: what was looked at, by name.
        next_us: when time alone may change it; None: never.
    """

    about: str
    time_us: int
    state: FindingState
    priority: Priority | None
    reason: str
    inputs: Mapping[str, float] = field(default_factory=dict)
    next_us: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A verdict on one treatment: everything but what the treatment itself says."""

    state: FindingState
    reason: str
    priority: Priority | None = None
    inputs: Mapping[str, float] = field(default_factory=dict)

    def about(self, subject: str, time_us: int, next_us: int | None = None) -> Verdict:
        """The verdict on a subject."""
        return Verdict(subject, time_us, self.state, self.priority, self.reason, self.inputs, next_us)


def missing(reason: str, **inputs: float) -> Answer:
    """Not evaluated, and why."""
    return Answer(FindingState.NOT_EVALUATED, reason, inputs=inputs)


def normal(reason: str, **inputs: float) -> Answer:
    """Evaluated, nothing beyond a limit."""
    return Answer(FindingState.NORMAL, reason, inputs=inputs)


def pending(reason: str, priority: Priority, **inputs: float) -> Answer:
    """Beyond a limit, not yet for as long or as often as counts."""
    return Answer(FindingState.PENDING, reason, priority, inputs)


def active(reason: str, priority: Priority, **inputs: float) -> Answer:
    """Beyond a limit."""
    return Answer(FindingState.ACTIVE, reason, priority, inputs)
