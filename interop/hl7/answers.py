"""Acknowledgements: what a receiver says became of a message. Only MSH, MSA and ERR-3 are looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# Of an answer's own words so much is kept, for the operator who has to find out why.
LONGEST_TEXT: Final = 200


class Verdict(StrEnum):
    """What to do about a message that was answered."""

    ACCEPTED = "accepted"
    AGAIN = "again"  # the receiver could not, for now
    REFUSED = "refused"  # it never will: somebody has to look


_VERDICTS: Final = {
    "AA": Verdict.ACCEPTED, "CA": Verdict.ACCEPTED,
    "AE": Verdict.AGAIN, "CE": Verdict.AGAIN,
    "AR": Verdict.REFUSED, "CR": Verdict.REFUSED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered.

    Attributes:
        code: MSA-1. control_id: MSA-2, of the message that is meant. error: ERR-3's code (HL7 table 0357), if any.
        text: the receiver's words, of printable characters; may name people: for operators' eyes, not for a log.
    """

    code: str
    control_id: str
    error: str
    text: str

    @property
    def verdict(self) -> Verdict:
        """What it comes to; an accept acknowledgement (C…) counts as an application's (A…)."""
        return _VERDICTS[self.code]


def parse(block: bytes) -> Answer | None:
    """The answer in a block; None for whatever is none."""
    lines = block.decode("utf-8", "replace").replace("\n", "\r").split("\r")
    header = next((line for line in lines if line.startswith("MSH") and len(line) > 4), None)
    if header is None:
        return None
    mark, part = header[3], header[4]
    segments = [line.split(mark, 8) for line in lines if line[:4] in ("MSA" + mark, "ERR" + mark)]
    said = next((fields for fields in segments if fields[0] == "MSA"), None)
    if said is None or _field(said, 1) not in _VERDICTS:
        return None
    errors = [_field(fields, 3).split(part) for fields in segments if fields[0] == "ERR"]
    error = errors[0] if errors else [""]
    words = [_field(said, 3), error[1] if len(error) > 1 else ""]
    return Answer(
        _field(said, 1), _field(said, 2), _shown(error[0])[:10], _shown("; ".join(filter(None, words)))[:LONGEST_TEXT]
    )


def _field(fields: list[str], number: int) -> str:
    return fields[number] if len(fields) > number else ""


def _shown(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)
