from __future__ import annotations

from importlib.resources import files

import pytest

from store import queries
from store.errors import StoreError
from store.pool import Connection

FILES = [f for f in files("store").joinpath("sql/queries").iterdir() if f.name.endswith(".sql")]


def test_blocks_have_names() -> None:
    text = "-- about the file\n-- name: one\nSELECT 1\n\n-- name: two\n-- why\nSELECT 2\n"
    assert queries.parse(text) == [("one", "SELECT 1"), ("two", "-- why\nSELECT 2")]


def test_every_query_is_used_somewhere() -> None:
    sources = "".join(f.read_text("utf-8") for f in files("store").iterdir() if f.name.endswith(".py"))
    names = [name for f in FILES for name, _ in queries.parse(f.read_text("utf-8"))]
    assert len(names) > 30
    assert [name for name in names if f'"{name}"' not in sources] == []


def test_an_unknown_name() -> None:
    with pytest.raises(KeyError):
        queries.query("nothing")


def test_an_error_says_which_query(conn: Connection) -> None:
    conn.execute("DROP TABLE quarantine")
    with pytest.raises(StoreError, match="latest quarantine – run `homehd migrate`"):
        queries.run(conn, "latest_quarantine", {"limit": 1})
