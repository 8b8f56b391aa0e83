"""Every shipped rule against its cases, which are data: `tests/rules/<rule>.toml`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from alerts import cases, ruleset
from alerts.cases import Case, CaseFile, Expected, Feed
from homehd.safety import kinds
from telemetry import settings
from telemetry.alarms import FindingState
from telemetry.errors import SettingsError
from tests.alerts import reason_corpus

FOLDER = Path(__file__).parent.parent / "rules"
FILES = {path.stem: cases.load(path) for path in sorted(FOLDER.glob("*.toml"))}
RULES = ruleset.load()
STORIES = [pytest.param(file, case, id=f"{name} {case.name}") for name, file in FILES.items() for case in file.case]


@pytest.mark.parametrize(("file", "case"), STORIES)
def test_case(file: CaseFile, case: Case) -> None:
    told = cases.told(file, case, RULES)
    assert cases.wrong(file, case, told) == []
    assert reason_corpus.lacking(found["reason"] for found in told) == [], reason_corpus.ANEW


def test_every_rule_has_the_five_kinds_of_case() -> None:
    for rule in RULES.rules:
        path = FOLDER / f"{rule.id}.toml"
        assert list(kinds.faults(kinds.take(rule.id, rule.title, path.name, settings.load_toml(path)))) == []


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_a_kind_is_more_than_a_word(file: CaseFile) -> None:
    longest = RULES.rule(file.rule).spec.max_gap_s
    shows: dict[str, Callable[[Case], bool]] = {
        "firing": lambda case: any(expected.state == FindingState.ACTIVE for expected in case.expect),
        "not quite": lambda case: FindingState.ACTIVE in case.never,
        "gap": lambda case: _widest_hole(file, case) > longest,
        # What stands still does so for longer than a sensor may.
        "stuck": lambda case: any(map(_stands_still, case.feed)),
    }
    for kind, shown in shows.items():
        assert kind in file.without or any(shown(case) for case in file.case if case.kind == kind), kind


def _widest_hole(file: CaseFile, case: Case) -> float:
    feeds = [*file.feed, *case.feed]
    lines = [f.start + i * f.every for f in feeds for i in range(round(((f.end or f.start) - f.start) / f.every) + 1)]
    return max(later - earlier for earlier, later in pairwise(sorted(lines)))


def _stands_still(feed: Feed) -> bool:
    moving = {name for name, by in feed.wobble.items() if by}
    return (feed.end or feed.start) - feed.start >= 120 and not (feed.readings and set(feed.readings) <= moving)


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
