"""Every shipped rule between treatments against its cases, which are data: `tests/rules/between/<rule>.toml`."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.between import cases, ruleset
from alerts.between.cases import Case, CaseFile, Expected, Told
from telemetry.alarms import FindingState
from telemetry.errors import SettingsError

FOLDER = Path(__file__).parents[2] / "rules" / "between"
FILES = {path.stem: cases.load(path) for path in sorted(FOLDER.glob("*.toml"))}
RULES = ruleset.load()
STORIES = [pytest.param(file, case, id=f"{name} {case.name}") for name, file in FILES.items() for case in file.case]


@pytest.mark.parametrize(("file", "case"), STORIES)
def test_case(file: CaseFile, case: Case) -> None:
    assert cases.run(file, case, RULES) == []


def test_every_rule_has_the_five_kinds_of_case() -> None:
    assert FILES.keys() == {rule.id for rule in RULES}
    for rule in RULES:
        kinds = {case.kind for case in FILES[rule.id].case}
        assert {"firing", "gap", "stuck", "unit mistake"} <= kinds, rule.id
        assert kinds & {"not quite", "clearing"}, rule.id


def test_a_case_that_expects_something_else_is_told() -> None:
    wrong = Case(
        name="wrong",
        kind="firing",
        treatment=[Told(at=18, minutes=100)],
        expect=[Expected(at=24, state=FindingState.NORMAL)],
    )
    (told,) = cases.run(FILES["R25"], wrong, RULES)
    assert told.startswith("at 24 h: active medium (Treatment shortened by 140 min")


def test_what_a_treatment_has_not_and_what_a_file_has_not_are_errors(tmp_path: Path) -> None:
    odd = Case(name="odd", kind="firing", treatment=[Told(at=0, values={"colour": 1})], expect=[])
    with pytest.raises(ValueError, match="colour"):
        cases.past_of(CaseFile(rule="R25", case=[odd]), odd, cases.ORIGIN_US + 10**12)
    path = tmp_path / "R25.toml"
    path.write_text('rule = "R25"\ncaze = []\n', "utf-8")
    with pytest.raises(SettingsError, match=r"R25\.toml:2"):
        cases.load(path)
