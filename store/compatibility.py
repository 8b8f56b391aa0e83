"""Whether the release before can run on a migration's schema: declared in its first line, recorded with it.

While services are upgraded one by one, old ones run on the new schema. A program that finds migrations it does not know
cannot read them; what the newer program recorded of them tells it whether it may go on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from store.errors import StoreError, Trouble
from store.pool import Connection

_HEADER: Final = re.compile(r"-- compatible: (yes|no) – \S.*")


def declared(script: str) -> bool:
    """What the first line of a migration says; False when it says nothing of the sort."""
    found = _HEADER.fullmatch(script.partition("\n")[0])
    return found is not None and found[1] == "yes"


def recorded(conn: Connection) -> dict[str, bool]:
    """Every migration applied and whether the release before can live with it; empty with no schema of ours."""
    found = conn.execute("SELECT to_regclass('schema_migration') IS NOT NULL").fetchone()
    if not (found and found[0]):
        return {}
    # By way of JSON: the table of the first release had no such column.
    rows = conn.execute(
        "SELECT name, coalesce((to_jsonb(m) ->> 'compatible')::boolean, false) FROM schema_migration AS m"
    )
    return {row[0]: row[1] for row in rows}


def ahead(applied: Mapping[str, bool], known: Mapping[str, object]) -> list[str]:
    """Migrations this program does not know and can live with, in order; StoreError when it cannot with one of them."""
    unknown = sorted(applied.keys() - known.keys())
    refused = [name for name in unknown if not applied[name]]
    if refused:
        hint = "the database is newer than this program: upgrade the program"
        raise StoreError("check the schema", f"migration {refused[0]}", trouble=Trouble.SCHEMA, hint=hint)
    return unknown
