"""Which tests a file has: of Python found in its syntax tree, so that a name in a comment or a string is none."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Final

# Vitest's, one a line as Biome writes them: `  it("turns stale with its age", () => {`.
_VITEST: Final = re.compile(r'^ *(?:it|test)\("((?:[^"\\]|\\.)+)", ', re.M)


def functions(source: str) -> frozenset[str]:
    """Names of the tests that pytest finds: functions of the module and of its Test… classes; SyntaxError."""
    module = ast.parse(source)
    bodies = [module.body, *(n.body for n in module.body if isinstance(n, ast.ClassDef) and n.name.startswith("Test"))]
    return frozenset(
        node.name
        for body in bodies
        for node in body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
    )


def sentences(source: str) -> frozenset[str]:
    """Names of the dashboard's tests, which are sentences."""
    return frozenset(_VITEST.findall(source))


class Evidence:
    """The tests of a checkout, each file read once.

    Attributes:
        read: the text of a file of the checkout, None where there is none.
    """

    def __init__(self, read: Callable[[str], str | None]) -> None:
        self._read = read
        self._known: dict[str, frozenset[str]] = {}

    def has(self, test: str) -> bool:
        """Whether "tests/alerts/test_cases.py::test_case" is there, or a sentence of "dashboard/tests/….test.tsx"."""
        path, _, name = test.partition("::")
        if path not in self._known:
            self._known[path] = self._names(path)
        return name in self._known[path]

    def _names(self, path: str) -> frozenset[str]:
        find = None
        if re.fullmatch(r"tests/.*\.py", path):
            find = functions
        elif re.fullmatch(r"dashboard/tests/.*\.test\.tsx?", path):
            find = sentences
        text = self._read(path) if find else None
        return find(text) if find and text is not None else frozenset()
