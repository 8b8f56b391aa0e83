from __future__ import annotations

import re

import pytest

from bench import history

pytestmark = pytest.mark.usefixtures("in_memory")


def test_the_short_form_compares_every_question_with_its_rows(capsys: pytest.CaptureFixture[str]) -> None:
    assert history.main(["--quick"]) == 0

    made, loaded, head, *lines = capsys.readouterr().out.splitlines()
    assert made.startswith("Plan(homes=4")
    assert re.match(r"[\d,]+ rows of 24 signals", loaded)
    assert "ratio" in head
    figures = [
        re.fullmatch(r"(.+?) +([\d.]+) +([\d.]+) +(\d+|-) +(\d+) +(\d+) +([\d.]+) +(.+)", line) for line in lines
    ]
    assert [match and match[1].split(",")[0] for match in figures] == ["8 h", "8 h", "8 h", "year"]
    assert [match and match[5] for match in figures] == ["200", "200", "200", "500"]
