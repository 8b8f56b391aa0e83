from __future__ import annotations

from pathlib import Path

import pytest

from telemetry.rota import LINE_WORDS, LONGEST_TURN_DAYS, MOST_PEOPLE, Audience, Source

SCHEMA = (Path(__file__).parents[2] / "store/sql/schema.sql").read_text("utf-8")


@pytest.mark.parametrize(
    "check",
    [
        f"audience IN ({', '.join(repr(str(one)) for one in Audience)})",
        f"source IN ({', '.join(repr(str(one)) for one in Source if one is not Source.ROTATION)})",
        f"line IN ({', '.join(map(str, LINE_WORDS))})",
        f"cardinality(people) <= {MOST_PEOPLE}",
        f"every_days BETWEEN 1 AND {LONGEST_TURN_DAYS}",
    ],
)
def test_the_words_and_limits_are_those_the_database_takes(check: str) -> None:
    assert check in SCHEMA
