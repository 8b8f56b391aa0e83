from __future__ import annotations

import re

import pytest

from bench import charts

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_the_short_form_draws_24_strips_and_every_spike_can_be_seen(capsys: pytest.CaptureFixture[str]) -> None:
    assert charts.main(["--quick"]) == 0
    out = capsys.readouterr().out
    rows = re.findall(r"^(empty page|bare lines|strips), (live|move) +[\d.]+", out, re.MULTILINE)
    assert len(rows) == len(set(rows)) == 6
    assert "A spike of one second in 24 strips" in out
