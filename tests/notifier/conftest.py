"""A connection to a fresh database, a clinic in it, and the log as our processes write it, at its most talkative."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from io import StringIO

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


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What gets to the root logger's handler; pytest's own listens at loggers that are cut off from it, too."""
    text = StringIO()
    handler = logging.StreamHandler(text)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.setLevel(level)
    root.removeHandler(handler)
