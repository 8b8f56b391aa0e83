"""A connection to a fresh database, and a clinic in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store import pool
from store.pool import Connection
from tests.notifier.world import World, build


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    with pool.connect(database_url) as connection:
        yield connection


@pytest.fixture
def world(conn: Connection, database_url: str) -> Iterator[World]:
    built = build(conn, database_url)
    yield built
    built.close()
