"""The alert of a rule that runs on treatments, schedules and weights."""

from __future__ import annotations

import re
from typing import Final

from alerts.between import ruleset
from alerts.between.ruleset import Rule
from alerts.schema import quantity
from homehd.safety.alert import Alert
from homehd.safety.conditions import Level
from homehd.safety.detector_words import plain
from telemetry.alarms import Priority

# What a judge compares with its limits; one that is not here is known by its rule's title.
_SUBJECTS: Final[dict[str, str]] = {
    "missed": "No start since a planned one, this long after it",
    "shortened": "Treated for less than planned, by this or more",
    "weight gain": "Gain since the treatment before, more than this of the target weight",
    "weight target": "Weight after the treatment more than this off its target",
}
# The end of a limit's name says its unit.
_UNITS: Final = {"h": "h", "min": "min", "percent": "%", "kg": "kg", "ml": "mL"}


def between_treatments(rule: Rule) -> Alert:
    """Levels are the limits named after a priority (`low_min`); what else the rule is told goes with its subject."""
    spec, limits = rule.spec, ruleset.numbers(rule.limits)
    of_levels = {name: priority for name in limits for priority in Priority if name.startswith(f"{priority}_")}
    others = ", ".join(_said(name, value) for name, value in limits.items() if name not in of_levels)
    subject = _SUBJECTS.get(spec.judge, spec.title)
    starts = "by the clock" if rule.judge.of_patient else "from its start on" if rule.judge.at_start else "at its end"
    ends = "once so no more" if rule.judge.of_patient else "once a later treatment is not so"
    levels = [
        Level(priority, _said(name.removeprefix(f"{priority}_"), limits[name]), starts, ends)
        for name, priority in sorted(of_levels.items(), key=lambda item: -item[1].rank)
    ]
    whole = [Level(priority, "", starts, ends) for priority in spec.rationalisation.respond_within_s]
    return Alert(
        rule.id, spec.title, rule.version, f"{subject} ({others})" if others else subject, tuple(levels or whole),
        spec.latch, (), spec.source, spec.mark, spec.action, spec.rationalisation,
    )  # fmt: skip


def _said(name: str, value: float) -> str:
    found = re.fullmatch(r"(?:(.*)_)?(h|min|percent|kg|ml)", name)
    if found is None:
        return plain(name, quantity(value, ""))
    return plain(found[1] or "", quantity(value, _UNITS[found[2]])).strip()
