from __future__ import annotations

import json

from evaluation.load import load
from homehd import load_lines
from tests.alerts.rota.rotas import PEOPLE
from tests.evaluation.test_load import SNAPSHOT, STRETCH


def test_a_table_under_headings() -> None:
    rows = list(load_lines.table(load(SNAPSHOT, STRETCH), PEOPLE, SNAPSHOT.labels))
    assert rows[0] == ("stretch", "2026-03-10T00:00:00Z – 2026-03-10T12:00:00Z")
    headings = {row[0]: row for row in rows if row[0] in ("of", "person", "rule")}
    for kind, first in (("person", "Ann"), ("R13", "-"), ("R13", "Home 7")):
        (row,) = (row for row in rows if row[:2] == (kind, first))
        assert len(row) == len(headings["person" if kind == "person" else "rule"]) or kind == "person"
    assert [row[-1] for row in rows if row[0] == "R13"] == ["1.00 noisy"] * 2
    assert "Zhang" not in str(rows)


def test_json_has_all_of_it() -> None:
    made = load_lines.plain(load(SNAPSHOT, STRETCH), PEOPLE, SNAPSHOT.labels)
    assert json.loads(json.dumps(made)) == made
    assert made["all"]["count"] == 4 and made["people"][0]["person"] == "Ann"
    assert made["homes"][0]["home"] == "Home 7" and made["homes"][0]["word"] == "noisy"
    assert "Zhang" not in str(made)


def test_of_many_homes_the_table_shows_the_most_frequent_and_says_so() -> None:
    stories = tuple((*row[:2], n, *row[3:]) for n in range(100, 130) for row in SNAPSHOT.stories[:1])
    found = type(SNAPSHOT)(stories, (), (), (), (), {})
    rows = list(load_lines.table(load(found, STRETCH), PEOPLE, {}))
    assert rows[-1] == ("…", "10 more: --json has all") and rows[-2][1] == "unit 119"
