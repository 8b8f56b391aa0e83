"""No slip of a threshold, a delay or a comparison goes unseen: the cases and the reference find every one listed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from alerts import cases
from alerts.ruleset import Ruleset
from tests.alerts.building import RULES
from tests.alerts.oracle import mutants, rules
from tests.alerts.oracle.mutants import Slip
from tests.alerts.oracle.reference import Unit
from tests.alerts.oracle.running import Ward, by_engine, by_reference, disagreements, ward

# Minutes of arithmetic; on a busy machine a test of it has less than half a core.
pytestmark = pytest.mark.timeout(900)

SEED, SEED_OF_CROWD = 5, 20
CASES = Path(__file__).parent.parent.parent / "rules"


@cache
def shipped() -> tuple[Ward, list[Unit]]:
    given = ward(rules.SHIPPED, 40, SEED)
    return given, by_reference(rules.SHIPPED, given)


@cache
def crowd() -> tuple[Ruleset, Ward, list[Unit]]:
    """Random rules that inhibit each other, which those that ship seldom do."""
    with TemporaryDirectory() as folder:
        restated, loaded = rules.crowd(SEED_OF_CROWD, RULES, Path(folder))
    given = ward(restated, 20, SEED_OF_CROWD)
    return loaded, given, by_reference(restated, given)


@cache
def file(rule: str) -> tuple[cases.CaseFile, list[cases.Case]]:
    """A rule's cases, the shortest first: one that sees the slip is enough."""
    loaded = cases.load(CASES / f"{rule}.toml")
    return loaded, sorted(
        loaded.case, key=lambda case: sum(((f.end or f.start) - f.start) / f.every for f in case.feed)
    )


def seen_by_cases(given: Ruleset, *wanted: str) -> bool:
    files = [file(rule) for rule in wanted]
    return any(cases.run(loaded, case, given) for loaded, shortest in files for case in shortest)


def seen_by_reference(changed: Ruleset) -> bool:
    given, reference = shipped()
    if disagreements(reference, by_engine(rules.chosen(changed), given)):
        return True
    loaded, given, reference = crowd()
    return bool(disagreements(reference, by_engine(loaded, given)))


def test_without_a_slip_nothing_is_seen() -> None:
    # Of the cases, `test_cases` shows it.
    assert not seen_by_reference(RULES)


@pytest.mark.parametrize("slip", mutants.IN_RULES, ids=str)
def test_a_slip_in_a_rule_is_seen(slip: Slip, tmp_path: Path) -> None:
    changed = mutants.rules_with(slip, tmp_path)
    assert seen_by_cases(changed, slip.where) or seen_by_reference(changed)


@pytest.mark.parametrize("slip", mutants.IN_THE_ENGINE, ids=str)
def test_a_slip_in_the_engine_is_seen(slip: Slip) -> None:
    with mutants.engine_with(slip):
        assert seen_by_cases(RULES, *slip.cases) or seen_by_reference(RULES)


def test_a_slip_lasts_no_longer_than_it_is_tried() -> None:
    with mutants.engine_with(mutants.IN_THE_ENGINE[0]):
        pass
    assert not seen_by_reference(RULES)
