"""One block to segments, by the delimiters its own header names. Bounded; hostile text costs what ordinary text costs.

Only MSH, PID-3, OBR and OBX are ever looked at. Every other segment, and with it name, address and next of kin, is
dropped before anything is parsed, so that it cannot turn up in a value, an error or a log (hazard H11).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import hl7  # type: ignore[import-untyped]

# `hl7.parse` takes some 450 bytes of memory for each delimiter (docs/decisions/0007): under 4 MB at this bound, which
# is still 340 OBX segments of 23, where the guide has some 180 terms.
MAX_DELIMITERS: Final = 8_000
LONGEST_FIELD: Final = 250
_LINES: Final = re.compile(r"[\r\n]+")
_ESCAPED: Final = {"F": 0, "S": 1, "R": 2, "E": 3, "T": 4}


class Er7Error(ValueError):
    """A block that is no HL7 message; the text is the reason and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Delimiters:
    """MSH-1 and MSH-2: field, component, repetition, escape, subcomponent."""

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str

    def unescape(self, text: str) -> str:
        r"""Delimiters written as \F\ \S\ \R\ \E\ \T\; any other sequence is dropped. Never longer than `text`."""
        pieces = text.split(self.escape)
        if len(pieces) < 3:
            return text
        marks = (self.field, self.component, self.repetition, self.escape, self.subcomponent)
        plain = [marks[_ESCAPED[p]] if p in _ESCAPED else "" for p in pieces[1::2]]
        return "".join(a + b for a, b in zip(pieces[::2], [*plain, ""], strict=False))


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment, asked by HL7's own numbers from 1; what is not there is empty."""

    name: str
    parsed: Any  # hl7.Segment
    delimiters: Delimiters

    def part(self, field: int, component: int = 1, repetition: int = 1) -> str:
        """One component, unescaped, without blanks around it."""
        found = _item(_item(_item(self.parsed, field), repetition - 1), component - 1)
        return self.delimiters.unescape(str(found)).strip(" ")

    def repetitions(self, field: int) -> int:
        """How often a field is repeated."""
        return len(self.parsed[field]) if field < len(self.parsed) else 0


@dataclass(frozen=True, slots=True)
class Block:
    """A block taken apart.

    Attributes:
        header: fields of MSH as they stand, so that `header[9]` is MSH-9.
        patient_ids: the repetitions of PID-3, as they stand; the only thing read of PID.
        lines: OBR and OBX as they stand.
    """

    delimiters: Delimiters
    header: tuple[str, ...]
    patient_ids: tuple[str, ...]
    lines: tuple[str, ...]

    def field(self, number: int) -> str:
        """A field of MSH as it stands, cut at LONGEST_FIELD; empty when missing."""
        return self.header[number][:LONGEST_FIELD] if number < len(self.header) else ""

    def segments(self) -> list[Segment]:
        """OBR and OBX in order. Er7Error when there are too many delimiters."""
        text = self.delimiters.field.join(("MSH", "".join(self._encoding()), "")) + "\r" + "\r".join(self.lines)
        if sum(text.count(mark) for mark in self._all()) > MAX_DELIMITERS:
            raise Er7Error(f"more than {MAX_DELIMITERS} delimiters")
        parsed = hl7.parse(text)[1:]
        return [Segment(line[:3], found, self.delimiters) for line, found in zip(self.lines, parsed, strict=True)]

    def _encoding(self) -> tuple[str, ...]:
        marks = self.delimiters
        return marks.component, marks.repetition, marks.escape, marks.subcomponent

    def _all(self) -> tuple[str, ...]:
        return (self.delimiters.field, *self._encoding(), "\r")


def take_apart(block: bytes) -> Block:
    """The block's header and the segments that count; Er7Error when it does not begin with a sound MSH."""
    # Latin-1 takes any byte. Every character set that is accepted has ASCII where ASCII has it, and only ASCII is used.
    lines = [line for line in _LINES.split(block.decode("latin-1").strip("\r\n \t")) if line]
    if not lines or not lines[0].startswith("MSH"):
        raise Er7Error("no MSH segment at its start" if not block.startswith((b"FHS", b"BHS")) else "a batch file")
    delimiters = _delimiters(lines[0])
    if any(line.startswith("MSH") for line in lines[1:]):
        raise Er7Error("two messages in one block")
    mark = delimiters.field
    # Split into 20 at most: MSH-18 is the last that is read, and a line of 60 000 delimiters stays one string.
    header = ("MSH", mark, *lines[0].split(mark, 21)[1:])
    wanted = tuple(line for line in lines if line[:4] in ("OBR" + mark, "OBX" + mark))
    patient = next((line.split(mark, 4) for line in lines if line[:4] == "PID" + mark), [])
    ids = tuple(patient[3].split(delimiters.repetition, 16)) if len(patient) > 3 else ()
    return Block(delimiters, header, ids, wanted)


def _delimiters(line: str) -> Delimiters:
    field = line[3:4]
    encoding = line[4:].partition(field)[0] if field else ""
    marks = field + encoding[:4]
    # A fifth one, the truncation character of version 2.7, is allowed and not used.
    if len(marks) != 5 or len(encoding) > 5 or len(set(marks)) != 5 or not all(_is_mark(mark) for mark in marks):
        raise Er7Error("MSH-1 and MSH-2 are not five different marks")
    return Delimiters(*marks)


def _is_mark(mark: str) -> bool:
    return mark.isascii() and mark.isprintable() and not mark.isalnum() and mark not in " .+-\"'"


def _item(container: Any, at: int) -> Any:
    """`container[at]`; a text stands for a list that it is alone in, as the library writes what has no delimiters."""
    if isinstance(container, str):
        return container if at == 0 else ""
    return container[at] if at < len(container) else ""
