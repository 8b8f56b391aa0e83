"""The SQL files under names: a block starts at `-- name: xyz` and goes to the next one."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any, Final, LiteralString

import psycopg

from store.errors import translate

_BLOCK: Final = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def _all() -> dict[str, LiteralString]:
    blocks: dict[str, LiteralString] = {}
    for file in sorted(files("store").joinpath("sql/queries").iterdir(), key=lambda f: f.name):
        for name, text in parse(file.read_text("utf-8")):
            if name in blocks:
                raise ValueError(f"two queries are called {name}")
            blocks[name] = text
    return blocks


def parse(text: str) -> list[tuple[str, str]]:
    """(name, SQL) of every block of one file."""
    parts = _BLOCK.split(text)
    return [(name, body.strip()) for name, body in zip(parts[1::2], parts[2::2], strict=True)]


def query(name: str) -> LiteralString:
    """The SQL of that name; KeyError when there is none."""
    return _all()[name]


def run(conn: psycopg.Connection[Any], name: str, parameters: dict[str, Any] | None = None) -> psycopg.Cursor[Any]:
    """Execute a named query; StoreError naming it."""
    with translate(name.replace("_", " ")):
        return conn.execute(query(name), parameters, binary=True)


async def arun(
    conn: psycopg.AsyncConnection[Any], name: str, parameters: dict[str, Any] | None = None
) -> psycopg.AsyncCursor[Any]:
    """Execute a named query; StoreError naming it."""
    with translate(name.replace("_", " ")):
        return await conn.execute(query(name), parameters, binary=True)
