"""What a profile is: a table of fields in wire order, and how DATA is cut by it.

A dialect is written as changes to the table before it (`without`, `replacing`, `inserting`), so that a firmware's
differences are all there is to read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What a field is for."""

    SIGNAL = "signal"  # a value of the catalogue
    ALARM = "alarm"  # a flag: anything but '0' is active
    TREATING = "treating"  # '1' while the machine treats
    MODALITY = "modality"  # one digit, the kind of treatment
    EXTRA = "extra"  # beyond the catalogue: passed on as text


@dataclass(frozen=True, slots=True)
class Field:
    """One `<letter><value>`.

    Attributes:
        width: characters of the value, without the letter.
        name: catalogue signal of a SIGNAL, key of an EXTRA, plain words of an ALARM.
        decimals: digits behind the point as the machine prints them.
        litres: on the wire in L or L/h, in the catalogue in mL or mL/h.
        event: MDC reference identifier of an ALARM.
        source: catalogue signal an ALARM is about, or empty.
        free_text: may hold any byte and any '/', such as a serial number.
        absent: what stands there when there is nothing to say; empty = zeros and a '/'.
    """

    letter: str
    width: int
    role: Role
    name: str
    decimals: int = 0
    litres: bool = False
    event: str = ""
    source: str = ""
    free_text: bool = False
    absent: str = ""


class LayoutError(ValueError):
    """A whole frame whose DATA is not what the profile's table says; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A machine model's dialect.

    Attributes:
        version: the digit the machine puts in the header; it chooses nothing when reading.
        fields: in wire order.
        limits: signal -> letters of the fields that carry the machine's own alarm limits for it.
        length: LEN of every frame.
    """

    name: str
    version: int
    fields: tuple[Field, ...]
    limits: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """Characters of DATA."""
        return sum(1 + entry.width for entry in self.fields)

    @property
    def says_phase(self) -> bool:
        """Whether the machine tells that it treats; otherwise the phase is derived."""
        return any(entry.role is Role.TREATING for entry in self.fields)

    def tokenise(self, data: bytes) -> dict[str, str]:
        """Letter -> value as sent, cut in order by the widths; LayoutError when DATA does not fit.

        A letter is never searched for: letters occur inside values too.
        """
        misfit = self.misfit(data)
        if misfit:
            raise LayoutError(misfit)
        return {entry.letter: text for _, entry, text in self._cut(data)}

    def misfit(self, data: bytes) -> str:
        """Where DATA and the table part ways, for a person; empty when they do not."""
        for at, entry, text in self._cut(data):
            if data[at : at + 1] != entry.letter.encode():
                found = ascii(data[at : at + 1].decode("latin-1"))[1:-1] or "the end"
                return f"profile {self.name} expects {entry.letter} at DATA offset {at}, found {found}"
            if not entry.free_text and not (text.isascii() and text.isprintable()):
                return f"value of {entry.letter} at DATA offset {at} holds unprintable bytes"
        if len(data) != self.length:
            return f"profile {self.name} has LEN {self.length:03d}, the frame {len(data):03d}"
        return ""

    def _cut(self, data: bytes) -> Iterator[tuple[int, Field, str]]:
        at = 0
        for entry in self.fields:
            yield at, entry, data[at + 1 : at + 1 + entry.width].decode("latin-1")
            at += 1 + entry.width


def without(fields: tuple[Field, ...], *letters: str) -> tuple[Field, ...]:
    """The table less some rows."""
    return tuple(entry for entry in fields if entry.letter not in letters)


def replacing(fields: tuple[Field, ...], *changed: Field) -> tuple[Field, ...]:
    """The table with rows of the same letter replaced in place."""
    by_letter = {entry.letter: entry for entry in changed}
    return tuple(by_letter.get(entry.letter, entry) for entry in fields)


def inserting(fields: tuple[Field, ...], after: str, *new: Field) -> tuple[Field, ...]:
    """The table with rows put in behind the row of letter `after`."""
    at = [entry.letter for entry in fields].index(after) + 1
    return fields[:at] + new + fields[at:]
