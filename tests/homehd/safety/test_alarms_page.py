"""One row a rule, with all that a person who judges the alerts asks for."""

from __future__ import annotations

import pytest

from homehd.safety import alarms_page, markdown
from homehd.safety.alert import in_treatment
from tests.alerts.building import RULES


def test_a_row_has_everything_of_its_rule() -> None:
    rows = {
        cells[0]: dict(zip(alarms_page._COLUMNS, cells, strict=True))
        for _, cells in markdown.rows(alarms_page.page(map(in_treatment, RULES.rules)))
    }
    assert list(rows)[1:] == sorted(rule.id for rule in RULES.rules)
    r07 = rows["R07"]
    assert r07["alert"] == "Ultrafiltration rate high"
    assert r07["levels – on-delay – end"].startswith("**high**") is False
    assert (
        "**medium** above 13 mL/kg/h – after 60 s – once back by 0.5 mL/kg/h<br>**low**"
        in r07["levels – on-delay – end"]
    )
    assert r07["marks"] == "C<br>C (Assimon 2016 PMC5123913)"
    assert r07["within"] == "**medium** 20 min<br>**low** 24 h"
    assert r07["version"] == RULES.rule("R07").version
    assert (rows["R12"]["inhibits"], rows["R13"]["inhibits"]) == ("R10, R11", "–")
    assert (rows["R10"]["latches"], rows["R13"]["latches"]) == ("yes", "no")
    for rule in RULES.rules:
        why = rule.spec.rationalisation
        assert rows[rule.id]["likely causes"].split("<br>") == why.likely_causes
        assert (rows[rule.id]["if nobody acts"], rows[rule.id]["what to do"]) == (why.consequence, rule.spec.action)
        assert rows[rule.id]["source of the limits"] == rule.spec.source


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(60, "60 s"), (90, "90 s"), (120, "2 min"), (1200, "20 min"), (3600, "60 min"), (7200, "2 h"), (5400, "90 min"),
     (86400, "24 h"), (172800, "2 d"), (172801, "172801 s")],
)  # fmt: skip
def test_durations_are_said_exactly(seconds: int, text: str) -> None:
    assert alarms_page.duration(seconds) == text
