"""The hazard log read: hazards, their controls, and the tests and documents that show each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from homehd.safety import markdown
from telemetry.errors import SettingsError

PATH: Final = "docs/safety/hazards.md"

_IDS: Final = re.compile(r"H\d+(, H\d+)*")
_TEST: Final = re.compile(r"`([^`]+)`")
_DOCUMENT: Final = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")


@dataclass(frozen=True, slots=True)
class Control:
    """One row of the log.

    Attributes:
        line: where it stands. hazards: ids. tests: "path::function". documents: paths relative to the log's folder.
    """

    line: int
    hazards: tuple[str, ...]
    text: str
    tests: tuple[str, ...]
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Log:
    """The hazard log.

    Attributes:
        hazards: id -> what it is and its severity, S1…S3.
    """

    hazards: dict[str, tuple[str, str]]
    controls: tuple[Control, ...]


def parse(text: str) -> Log:
    """The log's two kinds of rows: `| H1 | what | S3 |` and `| H1, H2 | control | shown by |`; SettingsError."""
    hazards: dict[str, tuple[str, str]] = {}
    controls = []
    for line, cells in markdown.rows(text):
        if not _IDS.fullmatch(cells[0]):
            continue
        if len(cells) != 3:
            raise SettingsError(
                "read hazard log", f"{PATH}:{line}", hint="a row has three cells: ids, control, shown by"
            )
        if re.fullmatch(r"S[123]", cells[2]):
            hazards[cells[0]] = (cells[1], cells[2])
            continue
        shown = cells[2]
        ids = tuple(cells[0].split(", "))
        controls.append(Control(line, ids, cells[1], tuple(_TEST.findall(shown)), tuple(_DOCUMENT.findall(shown))))
    return Log(hazards, tuple(controls))


def faults(log: Log, test_exists: Callable[[str], bool], document_exists: Callable[[str], bool]) -> Iterator[str]:
    """What is not true in the log, a line each: what, where, what to do."""
    for control in log.controls:
        where = f"{PATH}:{control.line}"
        for hazard in control.hazards:
            if hazard not in log.hazards:
                yield f"{where} – no hazard {hazard} in the table of hazards: add it there or correct the row"
        if not control.tests and not control.documents:
            yield f"{where} – nothing shows this control: name a test as `tests/…py::test_…`, or say it is open"
        for test in control.tests:
            if not test_exists(test):
                yield f"{where} – no test {test}: name the one that shows this control now, or write it"
        for document in control.documents:
            if not document_exists(document):
                yield f"{where} – no document {document}: correct the link"
    tested = {hazard for control in log.controls if control.tests for hazard in control.hazards}
    for hazard in log.hazards:
        if hazard not in tested:
            yield f"{PATH} – no test shows any control of {hazard}: add a row with one"
