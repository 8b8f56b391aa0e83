"""What the safety file says of one alert, whichever kind of rule it is from."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.rationalisation import Rationalisation
from alerts.ruleset import Rule
from homehd.safety import conditions
from homehd.safety.conditions import Level


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    Attributes:
        subject: what its rule looks at, in words. levels: in the order of the rule's file.
        latches: whether it stays until people have seen it. inhibits: rules not evaluated while it is active.
        source, mark: of the limits. why: causes, consequence and times, with a mark of their own.
    """

    id: str
    title: str
    version: str
    subject: str
    levels: tuple[Level, ...]
    latches: bool
    inhibits: tuple[str, ...]
    source: str
    mark: str
    action: str
    why: Rationalisation


def in_treatment(rule: Rule) -> Alert:
    """The alert of a rule that runs on readings."""
    spec = rule.spec
    return Alert(
        rule.id,
        rule.title,
        rule.version,
        conditions.subject(rule),
        tuple(conditions.levels(rule)),
        rule.latch,
        tuple(spec.inhibits),
        spec.source,
        spec.mark,
        spec.action,
        spec.rationalisation,
    )
