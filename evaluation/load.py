"""Load and hand-over as commands and the API ask for them: from what the store has to what is told."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.load import loads
from alerts.load.answers import Answers, answers
from alerts.load.figures import Figures, Stretch
from alerts.load.loads import PersonLoad, RuleLoad
from alerts.load.rows import AlertStory, Asked
from alerts.load.turns import Turn, next_turns
from store.load import OutRow, Row, ShelvedRow, Snapshot, StandingRow
from telemetry.alarms import Priority
from telemetry.rota import Book


@dataclass(frozen=True, slots=True)
class Load:
    """What alerts asked of people in a stretch; each list the most frequent first."""

    stretch: Stretch
    all: Figures
    people: tuple[PersonLoad, ...]
    rules: tuple[RuleLoad, ...]
    homes: tuple[RuleLoad, ...]


@dataclass(frozen=True, slots=True)
class Handover:
    """What whoever goes tells whoever comes.

    Attributes:
        standing: notices people were asked about, or that are held. on_work_list: how many more nobody is asked about.
        noisy: rules, and rules in one home, whose nuisance score is 0.5 or more.
        next_turns: who has the lines of duty next.
    """

    stretch: Stretch
    standing: tuple[StandingRow, ...]
    on_work_list: int
    shelved: tuple[ShelvedRow, ...]
    out: tuple[OutRow, ...]
    answers: tuple[Answers, ...]
    noisy: tuple[RuleLoad, ...]
    next_turns: tuple[Turn, ...]


def load(found: Snapshot, stretch: Stretch) -> Load:
    """The load of a stretch, from what was read of the same stretch."""
    stories = [_story(row) for row in found.stories]
    return Load(
        stretch,
        loads.of_all(stories, stretch),
        tuple(loads.of_people([_asked(row) for row in found.asked], stretch)),
        tuple(loads.of_rules(stories, stretch)),
        tuple(loads.of_homes(stories, stretch)),
    )


def handover(found: Snapshot, stretch: Stretch, book: Book, clinic_id: int | None, now_us: int) -> Handover:
    """The report of a shift, from what was read of its stretch and the rotas as they stand."""
    stories = [_story(row) for row in found.stories]
    noisy = [one for one in (*loads.of_rules(stories, stretch), *loads.of_homes(stories, stretch)) if one.is_noisy]
    standing = tuple(row for row in found.standing if not _is_for_the_list(row))
    return Handover(
        stretch,
        standing,
        len(found.standing) - len(standing),
        found.shelved,
        found.out,
        tuple(answers(stories, stretch)),
        tuple(noisy),
        tuple(next_turns(book, clinic_id, now_us)),
    )


def _is_for_the_list(row: StandingRow) -> bool:
    return row.state == "nobody" and row.priority == "low"


def _story(row: Row) -> AlertStory:
    alert_id, rule, unit_id, priority, *times_and_marks = row
    return AlertStory(alert_id, rule, unit_id, Priority(priority), *times_and_marks)


def _asked(row: Row) -> Asked:
    user_id, at_us, priority, *others = row
    return Asked(user_id, at_us, Priority(priority), *others)
