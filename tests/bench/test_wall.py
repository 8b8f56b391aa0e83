from __future__ import annotations

import re

import pytest

from bench import wall

pytestmark = [pytest.mark.usefixtures("in_memory"), pytest.mark.timeout(180)]


def test_the_short_form_asks_with_few_and_with_many_alerts_open(capsys: pytest.CaptureFixture[str]) -> None:
    assert wall.main(["--quick", "--no-browser"]) == 0
    out = capsys.readouterr().out
    assert re.findall(r"^(\d+) alerts open$", out, re.MULTILINE)[0] == "2"
    # Each with the server's look, and both people.
    assert len(re.findall(r"^  the server's look: \d+ ms", out, re.MULTILINE)) == 2
    assert (
        len(re.findall(r"^  (?:one|all): alerts \d+ ms .*, snapshot \d+ ms .*, a new one \d+ ms$", out, re.MULTILINE))
        == 4
    )
