from __future__ import annotations

import re

import pytest

from bench import day_order

pytestmark = pytest.mark.usefixtures("in_memory")


def test_the_short_form_reads_the_same_rows_before_and_after(capsys: pytest.CaptureFixture[str]) -> None:
    assert day_order.main(["--quick"]) == 0

    made, loaded, head, line = capsys.readouterr().out.splitlines()
    assert made.startswith("Plan(homes=4")
    assert re.match(r"[\d,]+ rows of 24 signals", loaded)
    assert "ratio" in head
    assert re.fullmatch(r"\d{4}-\d\d-\d\d( +[\d.,]+){10} +the same rows", line)
