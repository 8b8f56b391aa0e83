from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.jsdt.profile import Field, Role
from protocols.jsdt.values import (
    is_absent,
    printable,
    read_modality,
    read_number,
    read_text,
    write_absent,
    write_modality,
    write_number,
    write_text,
)
from telemetry.treatment import Modality

PRESSURE = Field("H", 5, Role.SIGNAL, "venous_pressure")
VOLUME = Field("B", 5, Role.SIGNAL, "ultrafiltration_volume", 2, litres=True)
DIGIT = Field("N", 1, Role.MODALITY, "modality")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("00140", 140.0),
        ("  140", 140.0),
        ("140  ", 140.0),
        (" -012", -12.0),
        ("-0012", -12.0),
        ("  -12", -12.0),
        ("000.0", 0.0),
        ("-0000", 0.0),
        ("  .50", 0.5),
        ("0000.", 0.0),
        ("0000/", None),
        ("/////", None),
        ("01/20", None),
        ("     ", None),
    ],
)
def test_numbers_as_machines_pad_them(text: str, value: float | None) -> None:
    assert read_number(PRESSURE, text) == value
    assert is_absent(text) == (value is None)


def test_minus_zero_is_zero() -> None:
    assert str(read_number(PRESSURE, "-0000")) == "0.0"


@pytest.mark.parametrize(
    "text", ["A0140", "1 2 3", "--012", "-  12", "+0012", "1e002", "0x012", "00nan", "  inf", "1.2.3", "    .", "    -"]
)
def test_garbage_is_said_to_be_garbage(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        read_number(PRESSURE, text)


def test_litres_become_millilitres_exactly() -> None:
    assert read_number(VOLUME, "00.63") == 630.0
    assert read_number(VOLUME, "02.50") == 2500.0
    assert write_number(VOLUME, 1234.0) == "01.23"
    for hundredths in range(10000):
        text = f"{hundredths / 100:05.2f}"
        assert read_number(VOLUME, text) == hundredths * 10
        assert write_number(VOLUME, hundredths * 10) == text


@pytest.mark.parametrize(
    ("entry", "value", "text"),
    [
        (PRESSURE, 140.4, "00140"),
        (PRESSURE, -12.0, "-0012"),
        (PRESSURE, -0.4, "00000"),
        (PRESSURE, 1e9, "99999"),
        (PRESSURE, -1e9, "-9999"),
        (VOLUME, 1e9, "99.99"),
        (VOLUME, -1e9, "-9.99"),
        (PRESSURE, nan, "0000/"),
        (PRESSURE, inf, "0000/"),
        (PRESSURE, None, "0000/"),
    ],
)
def test_numbers_are_clipped_to_the_field(entry: Field, value: float | None, text: str) -> None:
    assert write_number(entry, value) == text


@given(
    value=st.floats() | st.none(),
    width=st.integers(4, 8),
    decimals=st.integers(0, 1),
    litres=st.booleans(),
)
def test_a_written_number_fits_and_is_read_back(value: float | None, width: int, decimals: int, litres: bool) -> None:
    entry = Field("X", width, Role.SIGNAL, "x", decimals, litres)
    text = write_number(entry, value)
    assert len(text) == width
    again = read_number(entry, text)
    assert write_number(entry, again) == text


def test_modalities_are_the_protocol_s_digits() -> None:
    expected = [Modality.HD, Modality.IUF, Modality.HDF, Modality.HF, Modality.OHDF]
    assert [read_modality(digit) for digit in "01234"] == expected
    assert [write_modality(DIGIT, float(kind)) for kind in expected] == list("01234")
    assert read_modality("/") is None
    assert [write_modality(DIGIT, value) for value in (None, float(Modality.SLED), 1.5, nan, -1.0)] == ["/"] * 5
    for text in "59A-":
        with pytest.raises(ValueError, match="not a modality"):
            read_modality(text)


def test_texts_lose_padding_and_what_cannot_be_shown() -> None:
    assert read_text("  AB 1\x00") == "AB 1?"
    assert printable("é\n\u202ea") == "???a"
    entry = Field("n", 4, Role.EXTRA, "serial_number")
    assert [write_text(entry, text) for text in ("A1", "123456", "é", None)] == ["  A1", "1234", "   ?", "000/"]
    assert write_absent(Field("S", 6, Role.EXTRA, "when", absent="000/00")) == "000/00"
