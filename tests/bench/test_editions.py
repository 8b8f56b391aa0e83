from __future__ import annotations

import pytest

from bench import editions
from store import pool
from store.editions import Edition, edition


def test_the_short_form_tells_what_the_edition_has(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert editions.main(["--quick", "--database", database_url]) == 0
    loaded, *lines = capsys.readouterr().out.splitlines()
    with pool.connect(database_url) as conn:
        found = edition(conn)
    assert loaded.startswith(f"{found} edition: ")
    told = [line[:34].strip() for line in lines]
    charts = [f"{name}, as stored" for name in editions.SPANS]
    if found is not Edition.COMMUNITY:
        assert told == ["disk, as stored", "late hour, day as stored", *charts]
        return
    assert set(charts) < set(told)
    assert {"disk, compressed", "disk, minutes", "late hour, day compressed", "3 days, 1000 px, compressed"} < set(told)
