"""What `homehd rota handover` prints. Units by their labels; names of patients only where they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from alerts.load import nuisance
from alerts.load.answers import Answers
from evaluation.load import Handover
from homehd.load_lines import label_of, plain_rule
from homehd.times import told
from store.load import Label, StandingRow

Row = tuple[str, ...]
# In a storm there are thousands; nobody reads them out.
MOST_OPEN: Final = 50


def lines(report: Handover, labels: Mapping[int, Label], *, names: bool) -> Iterator[Row]:
    """Rows of columns, the first says what a row is about."""

    def home(unit_id: int | None) -> str:
        return _home(labels, unit_id, names=names)

    yield "shift", f"{told(report.stretch.from_us)} – {told(report.stretch.to_us)}"
    for row in report.standing[:MOST_OPEN]:
        yield "OPEN", row.priority, home(row.unit_id), _what(row), _who(row), f"since {told(row.opened_us)}", row.reason
    if len(report.standing) > MOST_OPEN:
        yield "OPEN", f"and {len(report.standing) - MOST_OPEN} more of no higher priority: --json has all"
    yield (
        "open",
        f"{len(report.standing)} people were asked about or are held",
        f"{report.on_work_list} on the work list",
    )
    for shelf in report.shelved:
        until = f"until {told(shelf.until_us)}" + (" or it is over" if shelf.kind == "one-shot" else "")
        yield "set aside", home(shelf.unit_id), shelf.rule, until, shelf.by or "-", shelf.reason
    for out in report.out:
        yield "out of service", home(out.unit_id), f"until {told(out.until_us)}", out.by, out.reason
    for one in report.answers:
        yield "alerts", str(one.priority), *_answers(one)
    for rule in report.noisy:
        score = f"{rule.nuisance:.2f} {nuisance.word(rule.nuisance)}"
        yield (
            "NOISY",
            rule.rule,
            "all homes" if rule.unit_id is None else home(rule.unit_id),
            f"{rule.figures.count} alerts",
            score,
        )
    for turn in report.next_turns:
        state = "covered" if turn.covered else "NOT COVERED"
        yield "next", state, turn.where, turn.person or "nobody", f"from {told(turn.from_us)}", turn.why_not or "-"


def plain(report: Handover, labels: Mapping[int, Label], *, names: bool) -> dict[str, Any]:
    """For JSON: times ISO 8601 UTC."""

    def home(unit_id: int | None) -> str | None:
        return None if unit_id is None else _home(labels, unit_id, names=names)

    return {
        "from": told(report.stretch.from_us),
        "to": told(report.stretch.to_us),
        "open": [_plain_open(row, home(row.unit_id)) for row in report.standing],
        "on_work_list": report.on_work_list,
        "set_aside": [
            {"home": home(one.unit_id), "rule": one.rule, "kind": one.kind, "until": told(one.until_us), "by": one.by,
             "reason": one.reason}
            for one in report.shelved
        ],
        "out_of_service": [
            {"home": home(one.unit_id), "until": told(one.until_us), "by": one.by, "reason": one.reason}
            for one in report.out
        ],
        "alerts": [
            {"priority": str(one.priority), "count": one.count, "called": one.called, "answered": one.answered,
             "median_s": one.median_s, "worst_s": one.worst_s}
            for one in report.answers
        ],
        "noisy": [plain_rule(one, labels) for one in report.noisy],
        "next": [
            {"rota": one.where, "from": told(one.from_us), "person": one.person, "covered": one.covered,
             "why_not": one.why_not}
            for one in report.next_turns
        ],
    }  # fmt: skip


def _plain_open(row: StandingRow, home: str | None) -> dict[str, Any]:
    return {
        "notice": str(row.notice_id), "home": home, "cause": row.cause, "subject": row.subject,
        "rules": list(row.rules), "priority": row.priority, "state": row.state, "holder": row.holder,
        "until": None if row.until_us is None else told(row.until_us), "since": told(row.opened_us),
        "reason": row.reason,
    }  # fmt: skip


def _home(labels: Mapping[int, Label], unit_id: int | None, *, names: bool) -> str:
    label = label_of(labels, unit_id)
    known = None if unit_id is None else labels.get(unit_id)
    patient = known.patient if names and known is not None else None
    return label if patient is None else f"{label} ({patient})"


def _what(row: StandingRow) -> str:
    about = f"{row.cause}: {', '.join(row.rules)}" if row.rules else row.cause
    return f"{about} {row.subject}".strip()


def _who(row: StandingRow) -> str:
    if row.holder is not None:
        return row.holder if row.until_us is None else f"{row.holder} until {told(row.until_us)}"
    return {"asking": "being asked", "unanswered": "NOBODY: everybody was asked"}.get(row.state, "nobody is asked")


def _answers(one: Answers) -> Row:
    found = (f"{one.count} in all", f"{one.called} asked about", f"{one.answered} answered")
    if one.median_s is None or one.worst_s is None:
        return found
    return *found, f"median {_minutes(one.median_s)}", f"worst {_minutes(one.worst_s)}"


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
