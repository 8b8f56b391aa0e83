"""docs/formulas.md: every name is on it, every example gives the value it says."""

from __future__ import annotations

import argparse
import json
import re
import shlex
from pathlib import Path

import pytest

from homehd.commands import calc

PAGE = (Path(__file__).parents[3] / "docs/formulas.md").read_text("utf-8")
EXAMPLES = re.findall(r"^homehd calc (.+?) +# (\S+)$", PAGE, re.M)


@pytest.mark.parametrize(("words", "value"), EXAMPLES)
def test_an_example_gives_what_the_page_says(words: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    calc.add_arguments(parser)
    assert calc.run(parser.parse_args(shlex.split(words))) == 0
    decimals = len(value.partition(".")[2])
    assert json.loads(capsys.readouterr().out)["value"] == pytest.approx(float(value), abs=0.51 * 10**-decimals)


def test_every_name_is_described_and_has_an_example() -> None:
    for name, formula in calc.FORMULAS.items():
        assert any(words.split()[0] == name for words, _ in EXAMPLES), name
        for method in formula.methods:
            row = f"| `{name} --method {method}` |" if method and name != "run-length" else f"| `{name}` |"
            assert row in PAGE
            mark = formula.methods[method].mark[0]
            assert re.search(rf"^{re.escape(row)}.*\| {mark}\b[^|]*\|$", PAGE, re.M), f"{row} with mark {mark}"
