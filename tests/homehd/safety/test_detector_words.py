"""Words for detectors that exist, and for keys they have."""

from __future__ import annotations

import typing

import msgspec

from alerts.ruleset import DETECTORS
from homehd.safety import detector_words
from homehd.safety.detector_words import WORDS


def test_every_word_is_for_a_key_of_its_detectors_levels() -> None:
    for name, words in WORDS.items():
        (level,) = typing.get_args(typing.get_type_hints(DETECTORS[name].file)["level"])
        assert words.levels.keys() <= {field.name for field in msgspec.structs.fields(level)} | {
            "above", "at_least", "below", "at_most",
        }, name  # fmt: skip


def test_a_limit_is_said_with_what_it_is_of() -> None:
    limit = WORDS["limit"].subject
    assert limit({"signal": "venous pressure"}) == "venous pressure"
    assert limit({"signal": "rate", "divide_by": "target weight", "name": "Rate"}) == "rate ÷ target weight"
    assert limit({"signal": "conductivity", "percent_of": "prescription"}) == "conductivity against the prescription"


def test_a_key_without_words_is_said_by_its_name() -> None:
    assert detector_words.plain("of_treatments", "6") == "of treatments 6"
