"""What `homehd load` prints: a table, or one JSON object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from alerts.load import nuisance
from alerts.load.figures import Figures
from alerts.load.loads import PersonLoad, RuleLoad
from evaluation.load import Load
from homehd.times import told
from store.load import Label
from telemetry.alarms import Priority
from telemetry.rota import Person

Row = tuple[str, ...]
# Of rules in single homes there may be thousands.
MOST_HOMES: Final = 20
_FIGURES: Final = (
    "count", "per 10 min", "peak min", "peak 10 min", "peak h", "floods", "high/medium/low", "chattering", "> 24 h",
    "top ten", "taken on",
)  # fmt: skip


def table(load: Load, people: Mapping[int, Person], labels: Mapping[int, Label]) -> Iterator[Row]:
    """Rows of columns, each kind under a heading of its own."""
    yield "stretch", f"{told(load.stretch.from_us)} – {told(load.stretch.to_us)}"
    yield "aim at", "-", "1 in 10 min", "-", "10", "-", "0", "5/15/80 %", "0", "0", "-", "80 %"
    yield "of", "", *_FIGURES
    yield "all", "", *_cells(load.all)
    yield "person", "name", *_FIGURES, "pages", "high/shift", "pages/shift", "beyond"
    for one in load.people:
        more = (one.pages, one.most_high_in_shift, one.most_pages_in_shift)
        yield "person", _name(people, one.user_id), *_cells(one.figures), *map(str, more), "; ".join(one.beyond) or "-"
    yield "rule", "home", *_FIGURES, "nuisance"
    for rule in load.rules:
        yield rule.rule, "-", *_cells(rule.figures), _nuisance(rule)
    for rule in load.homes[:MOST_HOMES]:
        yield rule.rule, label_of(labels, rule.unit_id), *_cells(rule.figures), _nuisance(rule)
    if len(load.homes) > MOST_HOMES:
        yield "…", f"{len(load.homes) - MOST_HOMES} more: --json has all"


def plain(load: Load, people: Mapping[int, Person], labels: Mapping[int, Label]) -> dict[str, Any]:
    """For JSON: times ISO 8601 UTC, shares 0…1, null where there is nothing to share."""
    return {
        "from": told(load.stretch.from_us),
        "to": told(load.stretch.to_us),
        "all": _plain_figures(load.all),
        "people": [_plain_person(one, people) for one in load.people],
        "rules": [plain_rule(one, labels) for one in load.rules],
        "homes": [plain_rule(one, labels) for one in load.homes],
    }


def plain_rule(one: RuleLoad, labels: Mapping[int, Label]) -> dict[str, Any]:
    """A rule, or a rule in one home."""
    return {
        "rule": one.rule,
        "home": None if one.unit_id is None else label_of(labels, one.unit_id),
        **_plain_figures(one.figures),
        "nuisance": one.nuisance,
        "word": nuisance.word(one.nuisance),
    }


def label_of(labels: Mapping[int, Label], unit_id: int | None) -> str:
    """What staff call a unit; `-` of a trouble of the system."""
    if unit_id is None:
        return "-"
    return labels[unit_id].label if unit_id in labels else f"unit {unit_id}"


def _plain_person(one: PersonLoad, people: Mapping[int, Person]) -> dict[str, Any]:
    return {
        "person": _name(people, one.user_id),
        **_plain_figures(one.figures),
        "pages": one.pages,
        "most_high_in_shift": one.most_high_in_shift,
        "most_pages_in_shift": one.most_pages_in_shift,
        "beyond": list(one.beyond),
    }


def _plain_figures(found: Figures) -> dict[str, Any]:
    floods = [
        {"begins": told(one.begins_us), "ends": told(one.ends_us), "count": one.count, "peak": one.peak}
        for one in found.floods
    ]
    return {
        "count": found.count, "per_10_min": found.per_10_min, "peak_minute": found.peak_minute,
        "peak_10_min": found.peak_10_min, "peak_hour": found.peak_hour, "floods": floods,
        "mix": {str(priority): share for priority, share in found.mix.items()}, "chattering": found.chattering,
        "stale": found.stale, "top_ten": found.top_ten, "actionable": found.actionable,
    }  # fmt: skip


def _cells(found: Figures) -> Row:
    mix = "/".join(f"{found.mix[priority] * 100:.0f}" for priority in (Priority.HIGH, Priority.MEDIUM, Priority.LOW))
    return (
        str(found.count), f"{found.per_10_min:.3g}", str(found.peak_minute), str(found.peak_10_min),
        str(found.peak_hour), str(len(found.floods)), f"{mix} %", str(found.chattering), str(found.stale),
        _share(found.top_ten), _share(found.actionable),
    )  # fmt: skip


def _nuisance(one: RuleLoad) -> str:
    return "-" if one.nuisance is None else f"{one.nuisance:.2f} {nuisance.word(one.nuisance)}"


def _share(found: float | None) -> str:
    return "-" if found is None else f"{found:.0%}"


def _name(people: Mapping[int, Person], user_id: int) -> str:
    return people[user_id].name if user_id in people else f"account {user_id}"
