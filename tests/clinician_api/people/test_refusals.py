"""Refused sign-ins on their way to the record: the first at once, the others counted, and never without bound."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinician_api.people import refusals
from clinician_api.people.refusals import AGAIN_S, MAX_ADDRESSES, NOBODY, Refusals, Why
from store.audit import Deed

ROOT = Path(__file__).resolve().parents[3]


class Book:
    """Refusals, and the rows that came of them."""

    def __init__(self) -> None:
        self.rows: list[Deed] = []
        self.held = Refusals(self.rows.append)

    def note(self, user_id: int | None, at_s: float, why: Why = Why.WRONG_PASSWORD, address: str = "192.0.2.7") -> None:
        self.held.note(why, user_id, address, int(at_s * 1e6), at_s)

    def told(self) -> list[tuple[float, str, int]]:
        found = [(row.at_us / 1e6, row.subject, row.detail["refused"]) for row in self.rows]
        self.rows.clear()
        return found


def test_the_first_is_a_row_at_once_with_who_was_asked_for_and_from_where() -> None:
    book = Book()
    book.note(7, 1.0)
    assert book.rows == [
        Deed(1_000_000, "service:api", "refuse sign-in", "user:7",
             {"why": "wrong password", "refused": 1, "addresses": ["192.0.2.7"]}),
    ]  # fmt: skip
    book.note(None, 2.0, Why.UNKNOWN_NAME)
    assert book.told()[1:] == [(2.0, NOBODY, 1)]


def test_in_five_minutes_there_is_one_row_for_an_account_and_a_reason_and_nothing_is_lost() -> None:
    book = Book()
    for second in range(0, 3 * int(AGAIN_S) + 30, 3):
        book.note(7, float(second))
    book.held.settle(4 * AGAIN_S)
    told = book.told()
    assert sum(count for *_, count in told) == (3 * int(AGAIN_S) + 30) // 3
    assert [count for *_, count in told] == [1, 99, 100, 100, 10]
    assert [at_s for at_s, *_ in told] == [0, 297, 597, 897, 927], "when the last of them was"


def test_what_was_counted_is_told_when_the_time_is_over_though_nobody_tries_again() -> None:
    book = Book()
    for at_s in (0.0, 1.0, 2.0):
        book.note(7, at_s)
    book.held.settle(AGAIN_S - 1)
    assert len(book.told()) == 1
    book.held.settle(AGAIN_S)
    assert book.told() == [(2.0, "user:7", 2)]
    book.held.settle(9 * AGAIN_S)
    assert book.told() == []
    book.note(7, 9 * AGAIN_S)
    assert book.told() == [(9 * AGAIN_S, "user:7", 1)], "long after, the first is told at once again"


def test_another_account_and_another_reason_are_rows_of_their_own() -> None:
    book = Book()
    for user_id in (7, 8, None):
        for why in (Why.WRONG_PASSWORD, Why.PASSKEY):
            for _ in range(3):
                book.note(user_id, 0.0, why)
    assert [count for *_, count in book.told()] == [1] * 6
    book.held.tell_all()
    assert [count for *_, count in book.told()] == [2] * 6, "and what is not told yet when this process ends"


def test_of_many_addresses_some_are_named_and_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book()
    for number in range(40):
        book.note(7, 1.0, address=f"192.0.2.{number}")
        book.note(7, 1.0, address=f"192.0.2.{number}")
    book.held.tell_all()
    assert [row.detail["addresses"] for row in book.rows] == [
        ["192.0.2.0"], [f"192.0.2.{number}" for number in range(MAX_ADDRESSES)],
    ]  # fmt: skip
    assert [count for *_, count in book.told()] == [1, 79]
    monkeypatch.setattr(refusals, "MAX_KEPT", 2)
    for user_id in (1, 1, 2, 3):
        book.note(user_id, 1.0)
    assert [(subject, count) for _, subject, count in book.told()] == [
        ("user:1", 1), ("user:2", 1), ("user:3", 1), ("user:1", 1),
    ]  # fmt: skip


def test_every_reason_has_its_words_in_both_languages() -> None:
    for file in ("words-deeds.ts", "words-deeds-zh.ts"):
        text = (ROOT / "dashboard" / "src" / file).read_text("utf-8")
        assert [why for why in Why if f'"{why}": ' not in text] == [], file
