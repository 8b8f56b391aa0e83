"""Why an event of a calendar makes no shift: the words for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from alerts.rota.calendar_text import RawEvent

LONGEST_DAYS: Final = 62


class Trouble(StrEnum):
    """Why an event makes no shift."""

    UNREADABLE = "not readable"
    NO_UID = "without a UID"
    TWICE = "two events of one UID"
    ZONE = "in a time zone that is not known here"
    RECURRENCE = "recurs as no rota does"
    NO_END = "without an end after its beginning"
    TOO_LONG = f"longer than {LONGEST_DAYS} days"
    NO_PERSON = "of nobody with an account"
    SEVERAL = "of several people with an account"
    UNABLE = "of somebody who cannot answer"
    OVERLAP = "overlaps one of somebody else"
    TOO_MANY = "one too many"


@dataclass(frozen=True, slots=True)
class Problem:
    """An event that makes no shift. `about`: its title or UID as it stands in the file, cut; `words`: what exactly."""

    trouble: Trouble
    about: str
    words: str = ""


class Unusable(Exception):
    """An event, or its whole series, makes no shift; raised within the import only."""

    def __init__(self, trouble: Trouble, words: str = "") -> None:
        super().__init__(trouble)
        self.trouble = trouble
        self.words = words


def problem(event: RawEvent, trouble: Trouble, words: str = "") -> Problem:
    """The problem of an event, named by its title, else its UID."""
    named = event.first("SUMMARY") or event.first("UID")
    return Problem(trouble, named.value[:80] if named else "an event without title", words[:120])
