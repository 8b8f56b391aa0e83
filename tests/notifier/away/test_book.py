"""Frames and card put together. Whole nights are in test_pager."""

from __future__ import annotations

from alerts.escalation import People, StepKind
from notifier.away.book import HEARD_S, MAX_HELD, Book
from notifier.away.cases import Now
from notifier.away.records import PageOf, Step
from telemetry.alarms import Priority
from telemetry.messages import LiveFrame
from tests.notifier.away_world import CAUSES, NORMAL, START_US, alert, card, notice

KEY = (1, "venous access")


def frame(*alerts: object, since_us: int = START_US, left_out: int = 0) -> LiveFrame:
    return LiveFrame(1, START_US, [], [], since_us, list(alerts), left_out)  # type: ignore[arg-type]


def look(book: Book, *, silent: bool = False, now_s: float = 0, **of: object) -> list[Step]:
    now = Now(START_US, 0, People(), ())
    return book.due(card(**of), now, now_s, silent=silent, receipt=lambda: "ab" * 16)  # type: ignore[arg-type]


def test_since_when_and_whether_ingest_saves() -> None:
    book = Book(CAUSES.of)
    assert (book.since_us, book.saves(0)) == (0, False)
    book.hear(0, frame(since_us=9), 1)
    book.hear(1, frame(since_us=5), 1)
    assert (book.since_us, book.saves(1)) == (5, False)
    book.hear(2, frame(since_us=0), 1)
    assert book.saves(1)
    assert not book.saves(1 + HEARD_S + 1), "nobody has said so lately"


def test_one_shard_s_word_is_not_another_s() -> None:
    book = Book(CAUSES.of)
    book.hear(0, frame(alert()), 0)
    book.hear(1, frame(alert("R19", "u2")), 0)
    book.hear(1, frame(since_us=0), 1)
    look(book)
    assert book.active == {KEY}


def test_an_alert_of_a_unit_that_the_card_does_not_know_stops_nobody_else_s() -> None:
    book = Book(CAUSES.of)
    book.hear(0, frame(alert(unit="stranger"), alert()), 0)
    assert [step.key for step in look(book)] == [KEY]


def test_the_most_important_first() -> None:
    book = Book(CAUSES.of)
    book.hear(0, frame(alert(priority="medium"), alert("R19", "u2", "high")), 0)
    assert [step.unit_id for step in look(book)] == [2, 1]


def test_what_stands_in_the_database_counts_beside_what_is_not_saved() -> None:
    book = Book(CAUSES.of)
    book.hear(0, frame(alert("R13", state=NORMAL)), 0)
    # R13 is over; R10 of the same cause stands, and nobody has answered for it.
    (step,) = look(book, notices=[notice("asking")])
    assert (step.round, step.kind) == (1, "first")


def test_what_the_database_goes_on_with_is_ours_again_when_it_is_silent() -> None:
    book = Book(CAUSES.of)
    book.hear(0, frame(alert()), 0)
    step = look(book)[0]
    book.hand_over(KEY)
    assert look(book) == []
    assert not book.wants(step)
    assert [one.kind for one in look(book, silent=True)] == ["first"]


def test_what_rises_goes_on_after_the_rounds_on_record_though_the_card_knows_fewer() -> None:
    book = Book(CAUSES.of)
    book.hear(0, frame(alert(priority="medium")), 0)
    told = Step("", *KEY, 2, 0, StepKind.FIRST, Priority.MEDIUM, START_US, START_US, "", [])
    book.hand_over(KEY, [told])
    older = [notice("asking", priority="medium")]
    assert look(book, notices=older) == []
    book.hear(0, frame(alert()), 1)
    assert [(step.round, step.priority) for step in look(book, notices=older)][:1] == [(3, "high")]


def test_only_pages_of_the_round_that_lasts_are_wanted() -> None:
    book = Book(CAUSES.of)
    book.hear(0, frame(alert()), 0)
    (step,) = look(book)
    assert book.wants(step)
    book.hear_step(
        Step("b", *KEY, 2, 0, StepKind.FIRST, Priority.HIGH, START_US, START_US, "", [PageOf(1, 1, "cd" * 16)])
    )
    assert not book.wants(step)
    book.hear(0, frame(alert(state=NORMAL)), 1)
    look(book)
    assert not book.wants(step)


def test_no_more_is_held_than_a_fleet_can_have() -> None:
    book = Book(CAUSES.of)
    for number in range(MAX_HELD // 50 + 10):
        book.hear(number % 64, frame(*(alert(unit=f"u{number}-{i}") for i in range(50)), left_out=1), 0)
    assert len(book._held) == MAX_HELD
