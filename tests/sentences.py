"""Every English sentence that stands in the source of some modules: by these the dashboard's tests show that the page
can say each in Chinese, and one that is added is found without anybody thinking of it."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
# What is said to the log, to whoever reads a traceback, or names a step of the database's work.
_NOT_TO_PEOPLE: Final = frozenset({
    "PageError", "SettingsError", "Thread", "answered_within", "compile", "connect", "counter", "critical", "debug",
    "error", "exception", "gauge", "getLogger", "info", "pipelined", "strftime", "strptime", "transaction", "warning",
})  # fmt: skip
_SQL: Final = re.compile("(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA) ")
_UNKNOWN: Final = "Xyz"


def literals(file: str, samples: Mapping[str, str], besides: frozenset[str] = frozenset()) -> Iterator[str]:
    """The sentences of a file; what is put into one is `samples` of its expression, or a word that nobody knows.

    `besides`: functions whose arguments are for others than people.
    """
    yield from _within(ast.parse((ROOT / file).read_text("utf-8")), samples, _NOT_TO_PEOPLE | besides)


def _within(node: ast.AST, samples: Mapping[str, str], besides: frozenset[str]) -> Iterator[str]:
    if isinstance(node, ast.Call) and _name(node.func) in besides:
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    if isinstance(node, ast.Assert):
        return
    text = _text(node, samples)
    if text is None:
        for child in ast.iter_child_nodes(node):
            yield from _within(child, samples, besides)
        return
    if re.search("[a-z]{2} ", text) and not _SQL.match(text):
        yield text
    for part in ast.walk(node):
        # A choice within: `f"silent {'here' if … else 'there'}"`.
        if isinstance(part, ast.FormattedValue) and not isinstance(part.value, ast.Name | ast.Attribute):
            yield from _within(part.value, samples, besides)


def _text(node: ast.AST, samples: Mapping[str, str]) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(_part(part, samples) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = [_text(side, samples) for side in (node.left, node.right)]
        if any(side is not None for side in sides):
            return "".join(
                samples.get(ast.unparse(side), _UNKNOWN) if text is None else text
                for side, text in zip((node.left, node.right), sides, strict=True)
            )
    return None


def _part(part: ast.expr, samples: Mapping[str, str]) -> str:
    if isinstance(part, ast.FormattedValue):
        return samples.get(ast.unparse(part.value), _UNKNOWN)
    return str(part.value) if isinstance(part, ast.Constant) else ""


def _name(function: ast.expr) -> str:
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


def kept(corpus: Path, found: set[str]) -> list[str]:
    """What of these the corpus lacks; HOMEHD_CORPUS=write makes it anew first."""
    if os.environ.get("HOMEHD_CORPUS") == "write":
        corpus.write_text(json.dumps(sorted(found), ensure_ascii=False, indent=2) + "\n", "utf-8")
    return sorted(found ^ set(json.loads(corpus.read_text("utf-8"))))
