"""What a rule says to people, in their language: its title, what to do, likely causes, what happens otherwise.

English is the rule's own (`title`, `action`, `[rationalisation]`); other languages are tables beside it in
`words/*.toml`. A translation belongs to one English text. When that has changed since, the English is given instead: an
old translation may say the opposite.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec

from alerts import ruleset
from alerts import schema as live
from alerts.asked import ruleset as asked
from alerts.between import ruleset as between
from alerts.between import schema as between_rules
from telemetry import settings
from telemetry.errors import SettingsError

Language = Literal["en", "zh-Hans"]
Head = live.Head | between_rules.Head | asked.Head
FOLDER: Final = Path(__file__).parent / "words"


class RuleWords(msgspec.Struct, frozen=True, kw_only=True):
    """The words of one rule.

    Attributes:
        language: of these words (BCP 47): English where there is no translation of today's text.
        title: a few words. action: what to do. likely_causes: the likeliest first. consequence: if nobody acts.
    """

    language: Language = "en"
    title: str
    action: str
    likely_causes: list[str]
    consequence: str


class Translation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of `words/LANGUAGE.toml`. `of`: `fingerprint` of the English that was translated."""

    of: str
    title: str
    action: str
    likely_causes: list[str]
    consequence: str


@cache
def english() -> Mapping[str, RuleWords]:
    """The rules' own words, by id."""
    words = [_words(rule.spec) for rule in ruleset.load().rules]
    words += [_words(rule.spec) for rule in between.load()]
    words += [_words(rule.spec) for rule in asked.load()]
    return dict(sorted(words))


def _words(head: Head) -> tuple[str, RuleWords]:
    why = head.rationalisation
    words = RuleWords(
        title=head.title, action=head.action, likely_causes=why.likely_causes, consequence=why.consequence
    )
    return head.id, words


def fingerprint(words: RuleWords) -> str:
    """Eight hex digits that change with the English text."""
    text = "\n".join((words.title, words.action, *words.likely_causes, words.consequence))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def translations(language: Language) -> Mapping[str, Translation]:
    """What there is in a language, by rule id, also what is out of date; SettingsError names file and line."""
    path = FOLDER / f"{language}.toml"
    try:
        return msgspec.convert(settings.load_toml(path), dict[str, Translation])
    except msgspec.ValidationError as error:
        raise SettingsError("load words", str(path), hint=str(error)) from error


@cache
def of_rules(language: Language) -> Mapping[str, RuleWords]:
    """Every rule's words, by id, in a language; in English where today's text has no translation."""
    own = english()
    if language == "en":
        return own
    known = translations(language)
    return {rule: _in(language, words, known.get(rule)) for rule, words in own.items()}


def _in(language: Language, words: RuleWords, translation: Translation | None) -> RuleWords:
    if translation is None or translation.of != fingerprint(words):
        return words
    return RuleWords(
        language=language, title=translation.title, action=translation.action,
        likely_causes=translation.likely_causes, consequence=translation.consequence,
    )  # fmt: skip
