"""`homehd migrate`: create or upgrade the schema; repeatable."""

from __future__ import annotations

import argparse

from homehd import settings
from store import migrate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the database is."""
    settings.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Apply what is missing and name it."""
    with settings.database(settings.load(options)) as url:
        applied = migrate.migrate(url)
    for name in applied:
        print(f"applied {name}")
    if not applied:
        print("the schema is up to date")
    return 0
