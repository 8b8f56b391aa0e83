"""What is written as a table is read as one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from homehd.safety import markdown

# A cell has no line break of its own, no backslash before a bar, and something in it beside what a rule is made of.
CELLS = st.text(st.characters(exclude_characters="\\", exclude_categories=("C", "Z")), min_size=1).map(
    lambda t: f"x{t}"
)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=5))
def test_rows_come_back(rows: list[list[str]]) -> None:
    text = "# Title\n\n" + markdown.table(("a", "b"), rows)
    assert list(markdown.rows(text)) == [(3, ["a", "b"]), *((5 + i, row) for i, row in enumerate(rows))]


def test_a_line_break_stays_in_its_cell() -> None:
    assert markdown.table(("a",), [["one\ntwo | three"]]) == "| a |\n|---|\n| one<br>two \\| three |\n"


def test_other_lines_are_no_rows() -> None:
    assert list(markdown.rows("a | b\n\n|---|:-:|\n  | a | b |  \n- | x\n")) == [(4, ["a", "b"])]
