"""What stands in OBX-5 to OBX-7: text to number in our unit, and limits. The only place of this adapter that converts.

A value in a unit we do not know, or know to be another one, is never scaled by guess: it is invalid.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from protocols.hl7_dialysis.terms import Kind, Term
from telemetry import units
from telemetry.treatment import Modality, Phase

V = TypeVar("V")

NULL: Final = '""'  # HL7: there was a value and it is gone; an empty field says nothing at all
LONGEST_NUMBER: Final = 16
LONGEST_SHOWN: Final = 40

# Spellings of one and the same unit. The guide itself writes mmHg, °C, Kg, minutes and beats/min beside UCUM's words.
_SPELLINGS: Final[dict[str, tuple[str, ...]]] = {
    "mL/min": ("ml/min",),
    "mL/h": ("ml/h", "mL/hr", "ml/hr"),
    "mL": ("ml",),
    "L": ("l",),
    "L/h": ("l/h",),
    "mm[Hg]": ("mmHg",),
    "mS/cm": (),
    "Cel": ("°C", "Â°C"),  # the latter is °C in UTF-8, read byte by byte
    "min": ("minutes", "minute"),
    "{beats}/min": ("beats/min", "{beat}/min", "/min", "1/min"),
    "kg": ("Kg",),
    "%": (),
    "1": ("{ratio}",),
    "mmol/L": ("mmol/l",),
    "g/dL": ("g/dl",),
}
UNITS: Final[dict[str, str]] = {spelt: unit for unit, also in _SPELLINGS.items() for spelt in (unit, *also)}

# (wire, ours) -> conversion; every one is `telemetry.units`'.
_CONVERSIONS: Final[dict[tuple[str, str], Callable[[float], float]]] = {
    ("L", "mL"): units.litres_to_millilitres,
    ("L/h", "mL/h"): units.litres_to_millilitres,
    ("mL", "L"): units.millilitres_to_litres,
}

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_LIMIT: Final = r"([+-]?[0-9]+(?:\.[0-9]*)?)"
_RANGE: Final = re.compile(rf"\s*{_LIMIT}\s*-\s*{_LIMIT}\s*")
_ONE_SIDE: Final = re.compile(rf"\s*([<>]=?)\s*{_LIMIT}\s*")
_IDENTITY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+/-]{0,39}")
_TRUE: Final = {"T": 1.0, "F": 0.0, "TRUE": 1.0, "FALSE": 0.0}


def read(term: Term, text: str, unit: str) -> float | str:
    """A value in the catalogue's unit, or the text of an extra; ValueError with the reason why it is not taken."""
    match term.kind:
        case Kind.SIGNAL | Kind.SPOT:
            return _convert(term, _number(text), unit, text)
        case Kind.EXTRA:
            value = _convert(term, _number(text), unit, text)
            return f"{value:.{term.decimals}f} {term.unit}".removesuffix(" 1")
        case Kind.MODE:
            return _lookup({phase.name: float(phase) for phase in Phase if phase}, text)
        case Kind.MODALITY:
            return _lookup({kind.name: float(kind) for kind in Modality}, text)
        case Kind.BOOLEAN:
            return _lookup(_TRUE, text.upper())
        case Kind.WORD:
            return _lookup({word: word for word in term.words}, text)
        case Kind.IDENTITY:
            return read_identity(text)


def read_identity(text: str) -> str:
    """A maker, model, serial number or version; ValueError for anything that does not look like one."""
    if not _IDENTITY.fullmatch(text):
        raise ValueError("not a plain word")
    return text


def read_limits(term: Term, text: str, unit: str) -> str:
    """OBX-7 as the machine means it: "20…400", "> 400", "< -200"; empty when it cannot be read.

    Which side a single limit is of is not interpreted: HL7 reads "> 400" as the lower bound of what is normal, and
    the guide's examples as what is alarmed about. A unit other than ours stands behind.
    """
    wire = UNITS.get(unit, "")
    if term.kind not in (Kind.SIGNAL, Kind.SPOT) or not wire or len(text) > LONGEST_SHOWN:
        return ""
    behind = "" if wire == term.unit or _is_ratio_in_percent(term, wire) else f" {wire}"
    both, one = _RANGE.fullmatch(text), _ONE_SIDE.fullmatch(text)
    if both:
        return f"{both[1]}…{both[2]}{behind}"
    return f"{one[1]} {one[2]}{behind}" if one else ""


def shown(text: str) -> str:
    """What was read, fit to be shown: only when it is a number or nearly one, else just that it was none.

    Where a number should be there may be anything, a name too.
    """
    return text if len(text) <= LONGEST_SHOWN and re.fullmatch(r"[-+0-9.,eE]*|[-+]?(?i:nan|inf)", text) else "text"


def _number(text: str) -> float:
    if len(text) > LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        raise ValueError(f"{shown(text)}: not a number")
    return float(text) + 0.0  # -0 is 0


def _convert(term: Term, value: float, unit: str, text: str) -> float:
    wire = UNITS.get(unit)
    if wire == term.unit or (not unit and term.unit == "1") or _is_ratio_in_percent(term, wire):
        return value
    conversion = _CONVERSIONS.get((wire or "", term.unit))
    if conversion is None:
        raise ValueError(f"{text}: {'in ' + wire if wire else 'no known unit' if unit else 'no unit'}, not {term.unit}")
    return conversion(value)


def _is_ratio_in_percent(term: Term, wire: str | None) -> bool:
    # The guide's table gives Kt/V the unit "%" and the format X.XX: it means the ratio. A true percentage would be
    # outside the plausible range and so invalid.
    return wire == "%" and term.unit == "1"


def _lookup(table: Mapping[str, V], text: str) -> V:
    if text not in table:
        raise ValueError("not one of the guide's words")
    return table[text]
