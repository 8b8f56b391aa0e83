"""ER7, how HL7 v2 writes segments and fields: always with the delimiters `|^~\\&`.

What is text is escaped and has no control character, so that it can end neither its field, nor its segment, nor the
block on the wire.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Final

from interop.fhir.datatypes import plain

ENCODING: Final = "^~\\&"
# A field may hold 64 KiB; nobody reads a sentence of more than this.
LONGEST: Final = 1000
_ESCAPED: Final = str.maketrans({"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "~": "\\R\\", "&": "\\T\\"})
# Controls, halves of characters, breaks of line and paragraph.
_UNSENDABLE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


def text(value: str) -> str:
    """Text as it may stand in a field: escaped, at most LONGEST characters of it, controls as spaces."""
    clean = "".join(" " if unicodedata.category(one) in _UNSENDABLE else one for one in value[:LONGEST])
    return clean.translate(_ESCAPED)


def components(*parts: str) -> str:
    """One field of several components, each of them text."""
    return "^".join(map(text, parts)).rstrip("^")


def repeated(*parts: str) -> str:
    """One field that is there several times, each of them text."""
    return "~".join(map(text, parts))


def segment(name: str, *fields: str) -> str:
    """A segment of fields that are written already; empty ones at its end are left out."""
    return "|".join((name, *fields)).rstrip("|")


def message(*segments: str) -> str:
    """All of it. Every segment ends with a carriage return, the last one, too."""
    return "".join(one + "\r" for one in segments)


def stamp(time_us: int) -> str:
    """Microseconds since 1970 as DTM: UTC, to the millisecond."""
    time = datetime.fromtimestamp(time_us // 1_000_000, UTC)
    return f"{time:%Y%m%d%H%M%S}.{time_us % 1_000_000 // 1000:03d}+0000"


def number(value: float) -> str:
    """As NM: the figures it has, and no exponent. The value must be finite."""
    return plain(value)
