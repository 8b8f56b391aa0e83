"""Fields and segments: nothing that is text ends its field, its segment or the block."""

from __future__ import annotations

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interop.hl7 import er7


@given(st.text())
def test_text_is_one_field_and_comes_back(value: str) -> None:
    written = er7.text(value)
    assert not set(written) & set("|^~&\r\n\x0b\x1c")
    message = hl7.parse(f"MSH|^~\\&|a\rNTE|1||{written}|x\r")
    assert str(message.segment("NTE")[4]) == "x"
    read = message.unescape(str(message.segment("NTE")[3]))
    kept = "".join(" " if er7.unicodedata.category(one) in er7._UNSENDABLE else one for one in value[: er7.LONGEST])
    assert read == kept


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a|b", "a\\F\\b"),
        ("a^b&c~d", "a\\S\\b\\T\\c\\R\\d"),
        ("a\\b", "a\\E\\b"),
        ("a\r\nb\x1c", "a  b "),
        ("血压 ≥", "血压 ≥"),
    ],
)
def test_what_means_something_is_escaped(value: str, written: str) -> None:
    assert er7.text(value) == written


def test_a_text_has_an_end() -> None:
    assert er7.text("|" * 5000) == "\\F\\" * er7.LONGEST


def test_empty_fields_at_the_end_are_left_out() -> None:
    assert er7.segment("OBX", "1", "", "x", "", "") == "OBX|1||x"
    assert er7.components("a", "", "") == "a"


@pytest.mark.parametrize(
    ("value", "written"),
    [(1.35, "1.35"), (0.0, "0"), (-0.0, "0"), (1e20, "1" + "0" * 20), (1e-7, "0.0000001"), (200.0, "200")],
)
def test_numbers_have_no_exponent(value: float, written: str) -> None:
    assert er7.number(value) == written


def test_times_are_utc_to_the_millisecond() -> None:
    assert er7.stamp(1_750_000_000_123_999) == "20250615150640.123+0000"
