from __future__ import annotations

import re

import pytest

from bench import charts

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_the_short_form_zooms_24_strips_and_every_spike_can_be_seen(capsys: pytest.CaptureFixture[str]) -> None:
    assert charts.main(["--quick"]) == 0
    out = capsys.readouterr().out
    kinds = "|".join(charts.KINDS.values())
    found = re.findall(rf"^({kinds}), (live|zoom|pan|keys) +([\d. ]+)$", out, re.MULTILINE)
    figures = {(kind, deed): [float(figure) for figure in row.split()] for kind, deed, row in found}
    assert set(figures) == {(charts.KINDS[kind], deed) for kind, deed in charts.rows(("zoom",))}
    for kind in ("bare lines", "uPlot", "strips", "time lines"):
        # It drew, and the figures are of this page: more than a loop that does nothing takes.
        assert figures[kind, "zoom"][3] > figures["empty page", "zoom"][3], kind
    assert "A spike of one second in 24 strips" in out
