from __future__ import annotations

import pytest

from bench import lanes


def test_the_short_form_compares_every_way_on_every_kind_of_rows(capsys: pytest.CaptureFixture[str]) -> None:
    assert lanes.main(["--quick"]) == 0

    lines = capsys.readouterr().out.splitlines()[1:]
    assert len(lines) == 3 * 2 * len(lanes.WAYS)
    words = [line.replace("zlib ", "zlib-").split() for line in lines]
    share = {(kind, rows, way): float(of_plain) for kind, rows, way, _, of_plain, *_ in words}
    assert all(share[kind, rows, "plain"] == 1.0 for kind, rows, _ in share)
    assert share["jsdt", "240", "deflate"] < share["tenths", "240", "deflate"] < share["raw", "240", "deflate"] < 1.0
