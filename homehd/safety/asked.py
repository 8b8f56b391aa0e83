"""The alert of what a person at home asks for."""

from __future__ import annotations

from alerts.asked.ruleset import Rule
from homehd.safety.alert import Alert
from homehd.safety.conditions import Level


def asked_for(rule: Rule) -> Alert:
    """A level is a priority, in the phases that have it."""
    spec = rule.spec
    levels = [
        Level(
            priority,
            ", ".join(phase for phase, of in spec.priority.items() if of is priority),
            "at once",
            "ended by people",
        )
        for priority in sorted(set(spec.priority.values()), key=lambda one: -one.rank)
    ]
    return Alert(
        rule.id, spec.title, rule.version, "A press of the button, by the phase of the machine", tuple(levels),
        True, (), spec.source, spec.mark, spec.action, spec.rationalisation,
    )  # fmt: skip
