"""The hazard log is read as it is written, and what is not true in it is told."""

from __future__ import annotations

import pytest

from homehd.safety import hazards
from homehd.safety.hazards import Control
from telemetry.errors import SettingsError

LOG = """# Hazards
| id | hazard | severity |
|---|---|---|
| H1 | alert missed | S3 |
| H2 | alert late | S2 |

| hazard | control | shown by |
|---|---|---|
| H1, H2 | kept on disk | `tests/a.py::test_a`, `tests/b.py::test_b` |
| H1 | said in words | [intended use](intended-use.md#top) |
"""


def told(text: str, *there: str) -> list[str]:
    return list(hazards.faults(hazards.parse(text), there.__contains__, there.__contains__))


def test_a_log_is_read() -> None:
    log = hazards.parse(LOG)
    assert log.hazards == {"H1": ("alert missed", "S3"), "H2": ("alert late", "S2")}
    assert log.controls == (
        Control(9, ("H1", "H2"), "kept on disk", ("tests/a.py::test_a", "tests/b.py::test_b"), ()),
        Control(10, ("H1",), "said in words", (), ("intended-use.md",)),
    )


def test_a_true_log_has_no_faults() -> None:
    assert told(LOG, "tests/a.py::test_a", "tests/b.py::test_b", "intended-use.md") == []


def test_what_is_not_there_is_told_with_its_line() -> None:
    faults = told(LOG, "tests/a.py::test_a")
    assert faults[0].startswith("docs/safety/hazards.md:9 – no test tests/b.py::test_b: name")
    assert faults[1].startswith("docs/safety/hazards.md:10 – no document intended-use.md: correct")
    assert len(faults) == 2


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("| H1 | said", "| H3 | said", ":10 – no hazard H3 in the table"),
        ("[intended use](intended-use.md#top)", "we think so", ":10 – nothing shows this control"),
        ("| H1, H2 |", "| H1 |", " – no test shows any control of H2"),
    ],
)
def test_what_is_lacking_is_told(old: str, new: str, fault: str) -> None:
    assert old in LOG
    (only,) = told(LOG.replace(old, new), "tests/a.py::test_a", "tests/b.py::test_b", "intended-use.md")
    assert fault in only


def test_a_hazard_shown_by_documents_alone_has_no_test() -> None:
    (only,) = told(LOG.replace("| H1, H2 |", "| H2 |"), "tests/a.py::test_a", "tests/b.py::test_b", "intended-use.md")
    assert only.endswith("no test shows any control of H1: add a row with one")


def test_a_row_of_another_shape_is_an_error_with_its_line() -> None:
    with pytest.raises(SettingsError, match=r"hazards\.md:10 – a row has three cells"):
        hazards.parse(LOG.replace("| H1 | said in words |", "| H1 | said | in words |"))
