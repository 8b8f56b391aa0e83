"""Load and hand-over to what is told of them. Pure. The shapes are those of `clinician_api.duty.load_models`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from alerts.load import nuisance
from alerts.load.figures import Figures
from alerts.load.loads import PersonLoad, RuleLoad
from clinician_api.live.views import View, moment
from evaluation.load import Handover, Load
from store.load import Label, StandingRow
from telemetry.rota import Person

# In a storm there are thousands; nobody reads them out, and `homehd` has all.
MOST_OPEN: Final = 200
MOST_HOMES: Final = 50


def load_view(
    load: Load,
    people: Mapping[int, Person],
    labels: Mapping[int, Label],
    title: Callable[[str], str],
    shown: Callable[[int], bool],
    user_id: int,
) -> View:
    """A `LoadAnswer` without its time; `shown`: whose load is the asker's (`user_id`) to see."""
    return {
        "start": moment(load.stretch.from_us),
        "end": moment(load.stretch.to_us),
        "all": _figures(load.all),
        "people": [_person(one, people, user_id) for one in load.people if shown(one.user_id)],
        "rules": [_rule(one, labels, title) for one in load.rules],
        "homes": [_rule(one, labels, title) for one in load.homes[:MOST_HOMES]],
        "more_homes": max(0, len(load.homes) - MOST_HOMES),
    }


def handover_view(
    report: Handover, labels: Mapping[int, Label], title: Callable[[str], str], clinic: str | None, *, names: bool
) -> View:
    """A `HandoverAnswer` without its time; with patients' names or without."""

    def home(unit_id: int) -> View:
        label = labels.get(unit_id)
        return {"home": _label(labels, unit_id), "patient": label.patient if names and label is not None else None}

    return {
        "start": moment(report.stretch.from_us),
        "end": moment(report.stretch.to_us),
        "clinic": clinic,
        "open": [
            {**(home(row.unit_id) if row.unit_id is not None else {"home": None, "patient": None}), **_open(row)}
            for row in report.standing[:MOST_OPEN]
        ],
        "more_open": max(0, len(report.standing) - MOST_OPEN),
        "on_work_list": report.on_work_list,
        "set_aside": [
            {**home(one.unit_id), "rule": one.rule, "kind": one.kind, "until": moment(one.until_us), "by": one.by,
             "reason": one.reason}
            for one in report.shelved
        ],
        "out_of_service": [
            {**home(one.unit_id), "until": moment(one.until_us), "reason": one.reason} for one in report.out
        ],
        "answers": [
            {"priority": str(one.priority), "count": one.count, "called": one.called, "answered": one.answered,
             "median_s": one.median_s, "worst_s": one.worst_s}
            for one in report.answers
        ],
        "noisy": [_rule(one, labels, title) for one in report.noisy],
        "next": [
            {"rota": one.where, "at": moment(one.from_us), "person": one.person, "covered": one.covered,
             "why_not": one.why_not}
            for one in report.next_turns
        ],
    }  # fmt: skip


def _open(row: StandingRow) -> View:
    return {
        "notice_id": str(row.notice_id), "priority": row.priority, "cause": row.cause, "subject": row.subject,
        "rules": list(row.rules), "state": row.state, "holder": row.holder,
        "until": None if row.until_us is None else moment(row.until_us), "since": moment(row.opened_us),
        "reason": row.reason,
    }  # fmt: skip


def _person(one: PersonLoad, people: Mapping[int, Person], user_id: int) -> View:
    person = people.get(one.user_id)
    return {
        "person": f"account {one.user_id}" if person is None else person.name,
        "yours": one.user_id == user_id,
        "figures": _figures(one.figures),
        "pages": one.pages,
        "most_high_in_shift": one.most_high_in_shift,
        "most_pages_in_shift": one.most_pages_in_shift,
        "beyond": list(one.beyond),
    }


def _rule(one: RuleLoad, labels: Mapping[int, Label], title: Callable[[str], str]) -> View:
    return {
        "rule": one.rule,
        "title": title(one.rule),
        "home": None if one.unit_id is None else _label(labels, one.unit_id),
        "figures": _figures(one.figures),
        "nuisance": one.nuisance,
        "word": nuisance.word(one.nuisance),
    }


def _figures(found: Figures) -> View:
    return {
        "count": found.count, "per_10_min": found.per_10_min, "peak_minute": found.peak_minute,
        "peak_10_min": found.peak_10_min, "peak_hour": found.peak_hour,
        "floods": [
            {"begins": moment(one.begins_us), "ends": moment(one.ends_us), "count": one.count, "peak": one.peak}
            for one in found.floods
        ],
        "mix": {str(priority): share for priority, share in found.mix.items()}, "chattering": found.chattering,
        "stale": found.stale, "top_ten": found.top_ten, "actionable": found.actionable,
    }  # fmt: skip


def _label(labels: Mapping[int, Label], unit_id: int) -> str:
    return labels[unit_id].label if unit_id in labels else f"unit {unit_id}"
