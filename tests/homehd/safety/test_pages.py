"""The pages of the safety file are fresh, and what is stale is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from homehd.safety import pages
from telemetry.errors import SettingsError

ROOT = Path(__file__).parents[3]


def test_the_safety_file_is_as_its_sources_say() -> None:
    assert list(pages.faults(pages.read(ROOT))) == []


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in ("alerts/rules", "alerts/rules_between", "alerts/rules_asked", "docs", "tests", "dashboard/tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_what_was_written_is_fresh_and_not_written_again(copy: Path) -> None:
    (copy / "docs/safety/alarms.md").unlink()
    assert [f.split(" – ")[0] for f in pages.faults(pages.read(copy))] == ["docs/safety/alarms.md"]
    assert pages.write(pages.read(copy)) == ["docs/safety/alarms.md"]
    assert (copy / "docs/safety/alarms.md").read_bytes() == (ROOT / "docs/safety/alarms.md").read_bytes()
    assert pages.write(pages.read(copy)) == []


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_a_limit_that_moved_makes_the_table_of_alerts_stale(copy: Path) -> None:
    edit(next((copy / "alerts/rules").glob("r13*")), "above = 300", "above = 320")
    row = next(
        n
        for n, line in enumerate((ROOT / "docs/safety/alarms.md").read_text("utf-8").splitlines(), 1)
        if "| R13 |" in line
    )
    assert list(pages.faults(pages.read(copy))) == [
        f"docs/safety/alarms.md:{row} – not as made anew: run `homehd rules write`"
    ]


def test_a_test_renamed_is_told_where_it_is_named(copy: Path) -> None:
    edit(copy / "tests/evaluation/test_alerting.py", "def test_old_data_page_nobody", "def test_old_data")
    faults = list(pages.faults(pages.read(copy)))
    assert "no test tests/evaluation/test_alerting.py::test_old_data_page_nobody" in faults[0]
    assert faults[1].startswith("docs/safety/trace.md:")
    assert len(faults) == 2


def test_cases_without_a_rule_and_a_rule_without_cases(copy: Path) -> None:
    (copy / "tests/rules/R13.toml").rename(copy / "tests/rules/R99.toml")
    faults = list(pages.faults(pages.read(copy)))
    assert sum(f.startswith("tests/rules/R13.toml – no case of kind") for f in faults) == 5
    assert any(f.startswith("tests/rules/R99.toml – cases of no rule") for f in faults)


def test_a_page_cut_short_is_told_at_its_end(copy: Path) -> None:
    page = copy / "docs/safety/trace.md"
    lines = page.read_text("utf-8").splitlines(keepends=True)
    page.write_text("".join(lines[:-3]), "utf-8")
    assert list(pages.faults(pages.read(copy))) == [
        f"docs/safety/trace.md:{len(lines) - 2} – not as made anew: run `homehd rules write`"
    ]


def test_a_folder_that_is_no_checkout(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="give the folder of the source code as --root DIR"):
        pages.read(tmp_path)
