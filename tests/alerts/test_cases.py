"""Every shipped rule against its cases, which are data: `tests/rules/<rule>.toml`."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts import cases, ruleset
from alerts.cases import Case, CaseFile, Expected, Feed
from telemetry.alarms import FindingState
from telemetry.errors import SettingsError

FOLDER = Path(__file__).parent.parent / "rules"
FILES = {path.stem: cases.load(path) for path in sorted(FOLDER.glob("*.toml"))}
RULES = ruleset.load()
STORIES = [pytest.param(file, case, id=f"{name} {case.name}") for name, file in FILES.items() for case in file.case]


@pytest.mark.parametrize(("file", "case"), STORIES)
def test_case(file: CaseFile, case: Case) -> None:
    assert cases.run(file, case, RULES) == []


def test_every_rule_has_the_five_kinds_of_case() -> None:
    for rule in RULES.rules:
        kinds = {case.kind for case in FILES[rule.id].case}
        assert {"firing", "gap", "stuck", "unit mistake"} <= kinds, rule.id
        assert kinds & {"not quite", "clearing"}, rule.id


def test_a_case_that_expects_something_else_is_told() -> None:
    feed = [Feed(start=0, end=20, readings={"venous_pressure": 262.0})]
    wrong = Case(
        name="wrong",
        kind="firing",
        feed=feed,
        expect=[Expected(at=15, state=FindingState.NORMAL)],
        never=[FindingState.PENDING],
    )
    told = cases.run(CaseFile(rule="R13", case=[wrong]), wrong, RULES)
    assert len(told) == 2
    assert "active medium since 15" in told[0]
    assert told[1].startswith("pending at 0 s")


def test_an_unknown_word_in_a_case_file_is_an_error_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "R13.toml"
    path.write_text('rule = "R13"\ncaze = []\n', "utf-8")
    with pytest.raises(SettingsError, match=r"R13\.toml:2"):
        cases.load(path)
