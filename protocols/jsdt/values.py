"""What stands in a field, both ways: text to number and back, litres to millilitres. The only place that converts."""

from __future__ import annotations

import re
from math import isfinite
from typing import Final

from protocols.jsdt.profile import Field
from telemetry import units

# HD, ECUM (isolated ultrafiltration), HDF, HF, online HDF: the digits are `telemetry.treatment.Modality`'s numbers.
MODALITIES: Final = "01234"
# Digits are padded with zeros or spaces; a sign stands directly before the digits.
_NUMBER: Final = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")


def is_absent(text: str) -> bool:
    """Whether a field says that nothing was measured: a '/' anywhere (inferred), or nothing but spaces."""
    return "/" in text or not text.strip(" ")


def read_number(entry: Field, text: str) -> float | None:
    """A field's value in the catalogue's unit, None when not measured; ValueError when the text is no number."""
    if is_absent(text):
        return None
    digits = text.strip(" ")
    if not _NUMBER.fullmatch(digits):
        raise ValueError(f"not a number: {text}")
    value = float(digits) + 0.0  # -0 is 0
    return units.litres_to_millilitres(value) if entry.litres else value


def read_modality(text: str) -> float | None:
    """Number of the `Modality`, None when not said; ValueError for a digit without a meaning."""
    if is_absent(text):
        return None
    if text not in MODALITIES:
        raise ValueError(f"not a modality: {text}")
    return float(MODALITIES.index(text))


def write_modality(entry: Field, value: float | None) -> str:
    """The protocol's digit; *not measured* for a kind of treatment it has no digit for."""
    if value is None or value not in range(len(MODALITIES)):
        return write_absent(entry)
    return MODALITIES[int(value)]


def write_number(entry: Field, value: float | None) -> str:
    """A value in the catalogue's unit as the machine prints it, clipped to what the field can hold.

    None and what is not finite become *not measured*.
    """
    if value is None or not isfinite(value):
        return write_absent(entry)
    wire = units.millilitres_to_litres(value) if entry.litres else value
    step = 10.0**-entry.decimals
    digits = entry.width - (entry.decimals + 1 if entry.decimals else 0)
    high = 10.0**digits - step
    low = -(10.0 ** (digits - 1) - step)
    shown = round(min(max(wire, low), high), entry.decimals) + 0.0
    return f"{shown:0{entry.width}.{entry.decimals}f}"


def read_text(text: str) -> str:
    """A text without its padding and without anything that could not be shown or stored."""
    return printable(text).strip()


def printable(text: str) -> str:
    """Every character outside printable ASCII as '?'."""
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in text)


def write_text(entry: Field, text: str | None) -> str:
    """A text as the machine prints it: right-aligned, cut to the field; None becomes *not measured*."""
    if text is None:
        return write_absent(entry)
    return printable(text)[: entry.width].rjust(entry.width)


def write_absent(entry: Field) -> str:
    """What stands in a field that has nothing to say."""
    return entry.absent or "/".rjust(entry.width, "0")
