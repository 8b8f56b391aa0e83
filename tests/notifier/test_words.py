"""What a page may say: complete in both languages, short, and the same for every home."""

from __future__ import annotations

import re
from itertools import product

import pytest

from notifier import words
from notifier.words import Language, Occasion
from telemetry.alarms import Priority
from telemetry.rota import Audience

EVERY = list(product(Occasion, Priority, Audience, Language))


@pytest.mark.parametrize(("occasion", "priority", "audience", "language"), EVERY)
def test_every_combination_has_words_of_its_language(
    occasion: Occasion, priority: Priority, audience: Audience, language: Language
) -> None:
    title = words.title(occasion, priority, audience, language)
    body = words.body(occasion, priority, audience, language)
    assert 0 < len(title) <= 60 and "\n" not in title
    assert 0 < len(body) <= 120
    for text in (title, body):
        assert bool(re.search(r"[\u4e00-\u9fff]", text)) is (language is Language.CHINESE)
        assert not re.search(r"\d", text), "no value"


def test_priorities_and_audiences_are_told_apart() -> None:
    for language in Language:
        titles = {words.title(Occasion.CALL, p, a, language) for p, a in product(Priority, Audience)}
        assert len(titles) == len(Priority) * len(Audience)


def test_several_says_that_it_is_more_than_one() -> None:
    for language, priority, audience in product(Language, Priority, Audience):
        one, many = (words.title(o, priority, audience, language) for o in (Occasion.CALL, Occasion.SEVERAL))
        assert one != many
        assert words.body(Occasion.SEVERAL, priority, audience, language) != words.body(
            Occasion.CALL, priority, audience, language
        )


def test_a_test_says_so_and_asks_for_nothing() -> None:
    calls = {words.title(Occasion.CALL, p, a, lang) for p, a, lang in product(Priority, Audience, Language)}
    for language in Language:
        assert words.title(Occasion.TEST, Priority.HIGH, Audience.CLINICAL, language) not in calls


def test_a_digest_counts_in_both_languages() -> None:
    english, chinese = Language.ENGLISH, Language.CHINESE
    assert words.digest(7, 2, english) == "7 on the work list, the oldest for 2 days."
    assert words.digest(1, 1, english) == "1 on the work list, the oldest for 1 day."
    assert words.digest(3, 0, english) == "3 on the work list, all of today."
    for days in (0, 2):
        assert re.search(r"[\u4e00-\u9fff]", words.digest(7, days, chinese)) and "7" in words.digest(7, days, chinese)
