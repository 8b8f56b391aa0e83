"""Tables of Markdown, read and written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence


def table(columns: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; a line break within a cell is kept, a bar does not end a cell."""
    lines = [_line(columns), "|" + "---|" * len(columns), *map(_line, rows)]
    return "".join(f"{line}\n" for line in lines)


def rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Line number, from 1, and cells of every row of every table; the lines under their heads are none."""
    for number, line in enumerate(text.splitlines(), start=1):
        inner = re.fullmatch(r"\|(.*)\|", line.strip())
        if inner and set(inner[1]) - set("-:| "):
            yield number, [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", inner[1])]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")
