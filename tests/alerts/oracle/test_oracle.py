"""The engine against an independent reference: the same random series, the same timeline, reason by reason."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from telemetry.alarms import FindingState, Priority
from tests.alerts.building import RULES
from tests.alerts.oracle import rules
from tests.alerts.oracle.running import by_engine, by_reference, disagreements, ward

# Minutes of arithmetic; on a busy machine a test of it has less than half a core.
pytestmark = pytest.mark.timeout(900)

REASONS = (
    "stale", "a gap of", "phase is not known", "blood flow changed", "not in ", "no treatment seen", "no target weight",
    "no prescribed conductivity", "flow is too low", "inhibited by R21 ", "inhibited by R13 ",
    "blood pump not measured", "venous pressure not measured", "venous pressure implausible",
    "venous pressure: sensor implausible or flat", "none of its signals",
)  # fmt: skip


def test_the_rules_that_ship_agree_with_the_reference_over_500_random_series() -> None:
    loaded, said = rules.chosen(RULES), Counter[str]()
    active: set[tuple[str, Priority | None]] = set()
    for seed in range(5):
        given = ward(rules.SHIPPED, 100, seed)
        reference, found = by_reference(rules.SHIPPED, given), by_engine(loaded, given)
        assert disagreements(reference, found) == [], seed
        active |= {(t.rule, t.priority) for t in found if t.state is FindingState.ACTIVE}
        said += Counter(step[3] for unit in reference for told in unit.told.values() for step in told)
    # That they agree means something only where much happened: every level of every rule, and every reason.
    assert active == {(rule.id, level.priority) for rule in rules.SHIPPED for level in rule.levels}
    assert [words for words in REASONS if said[words] < 5] == []


@pytest.mark.parametrize("seed", range(20))
def test_random_rules_agree_with_the_reference_over_500_random_series(seed: int, tmp_path: Path) -> None:
    restated, loaded = rules.crowd(seed, RULES, tmp_path)
    given = ward(restated, 25, seed)
    found = by_engine(loaded, given)
    assert disagreements(by_reference(restated, given), found) == []
    assert sum(t.state is FindingState.ACTIVE for t in found) > 100
