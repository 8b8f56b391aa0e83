"""A finding's line: level, part, what is so, what to do."""

from __future__ import annotations

from homehd.finding import Finding


def test_a_line_lines_up_and_has_a_hint_only_where_there_is_one() -> None:
    assert Finding("ok", "clock", "right").line() == "ok    clock        right"
    assert Finding("fail", "port", "gone", "plug it in").line() == "fail  port         gone – plug it in"
