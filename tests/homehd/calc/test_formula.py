"""Names, keys and methods of a formula."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from homehd.calc.formula import Formula, Key, Method, count, number, numbers
from telemetry.errors import SettingsError


@dataclass(frozen=True)
class Found:
    value: float
    positive: bool


def ratio(part: float, whole: float = 2.0) -> Found:
    return Found(part / whole, part > whole / 2)


def ratio_only(part: float) -> float:
    return part


KEYS = {"part": Key("a part"), "of-all": Key("of how much", "hours", optional=True, to="whole")}
ONE = Formula("a ratio", "1", {"": Method(ratio, KEYS, "us", "D")})
TWO = Formula(
    "two",
    "kg",
    {"with": Method(ratio, KEYS, "us", "D"), "without": Method(ratio_only, {"part": KEYS["part"]}, "me", "M")},
)


def test_an_answer_has_what_is_always_there_and_what_the_formula_adds() -> None:
    assert ONE.answer("ratio", "", {"part": 3.0}) == {
        "name": "ratio", "value": 1.5, "unit": "1", "source": "us", "mark": "D", "positive": True,
    }  # fmt: skip
    assert ONE.answer("ratio", "", {"part": 3.0, "of-all": 4.0})["value"] == 0.75
    assert TWO.answer("two", "without", {"part": 3}) == {
        "name": "two", "method": "without", "value": 3.0, "unit": "kg", "source": "me", "mark": "M",
    }  # fmt: skip


def test_a_key_is_missing_or_belongs_to_another_method() -> None:
    with pytest.raises(SettingsError, match="calculate ratio: --part is missing – its keys: --part"):
        ONE.answer("ratio", "", {"of-all": 3.0})
    with pytest.raises(SettingsError, match="calculate two --method without: --of-all"):
        TWO.answer("two", "without", {"part": 3.0, "of-all": 3.0})


def test_usage_and_help() -> None:
    assert ONE.usage() == "--part [--of-all]"
    assert TWO.usage() == "--method with|without --part [--of-all]"
    assert KEYS["of-all"].help == "of how much, 0.1 to 24 h"
    assert KEYS["part"].help == "a part"


def test_words_to_values() -> None:
    assert number("-1e3") == -1000
    assert numbers("1,-2, 3.5") == (1, -2, 3.5)
    assert count("12") == 12
    for read, word in ((number, "few"), (numbers, "1,,2"), (numbers, ""), (count, "1.5"), (count, "9" * 10)):
        with pytest.raises(ValueError):
            read(word)
