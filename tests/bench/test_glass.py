from __future__ import annotations

import re

import pytest

from bench import glass

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("in_memory"), pytest.mark.timeout(240)]


def test_the_short_form_follows_readings_from_the_serial_line_to_the_pixel(capsys: pytest.CaptureFixture[str]) -> None:
    assert glass.main(["--quick"]) == 0
    out = capsys.readouterr().out
    legs = re.findall(r"^(to the box|to ingest|to the page|to the pixel|in all) +(-?\d+)", out, re.MULTILINE)
    assert [name for name, _ in legs] == list(glass.LEGS)
    medians = [int(ms) for _, ms in legs]
    assert all(ms >= 0 for ms in medians), "no moment lies before the one it follows"
    # Ingest's and the API's beats are in it: less would mean that the wrong reading was followed.
    assert 20 < medians[-1] < 10_000
    used = re.findall(
        r"(?:: |, )([A-Za-z ]+) (\d+\.\d+)", out.partition("processor seconds a second")[2].splitlines()[0]
    )
    assert {"the page", "ingest", "API", "database", "test bed"} <= {part for part, _ in used}
