from __future__ import annotations

from pathlib import Path

import pytest

from store import compatibility, migrate
from store.errors import StoreError
from store.pool import Connection

MIGRATIONS = sorted((Path(migrate.__file__).parent / "sql/migrations").glob("*.sql"))
FIRST_DECLARED = "0007"


@pytest.mark.parametrize(
    ("first_line", "yes"),
    [
        ("-- compatible: yes – a table of its own", True),
        ("-- compatible: no – the release before writes a column that is gone", False),
        ("-- compatible: yes", False),  # why?
        ("-- compatible: maybe – who knows", False),
        ("-- The schema of the first release.", False),
        ("", False),
    ],
)
def test_a_migration_says_it_in_its_first_line(first_line: str, yes: bool) -> None:
    assert compatibility.declared(f"{first_line}\nCREATE TABLE t ();\n") is yes
    assert compatibility.declared(f"CREATE TABLE t ();\n{first_line}\n") is False


@pytest.mark.parametrize(
    "path", [path for path in MIGRATIONS if path.name >= FIRST_DECLARED], ids=lambda path: path.stem
)
def test_every_migration_says_it(path: Path) -> None:
    first = path.read_text("utf-8").partition("\n")[0]
    assert first.startswith(("-- compatible: yes – ", "-- compatible: no – ")), (
        f"{path.name}: begin it with `-- compatible: yes|no – WHY`: can the release before run on this schema?"
    )


def test_what_is_applied_is_recorded_with_what_it_says(conn: Connection) -> None:
    recorded = compatibility.recorded(conn)
    assert recorded == {path.stem: compatibility.declared(path.read_text("utf-8")) for path in MIGRATIONS}
    assert recorded["0009_audit"] is True
    conn.execute("ALTER TABLE schema_migration DROP COLUMN compatible")  # as the first release made it
    assert compatibility.recorded(conn) == dict.fromkeys(recorded, False)
    conn.execute("DROP TABLE schema_migration")
    assert compatibility.recorded(conn) == {}


def test_one_that_cannot_be_lived_with_is_named() -> None:
    known = {"0001_a": ""}
    assert compatibility.ahead({"0001_a": False}, known) == []
    assert compatibility.ahead({"0001_a": False, "0003_c": True, "0002_b": True}, known) == ["0002_b", "0003_c"]
    with pytest.raises(StoreError, match="0003_c – the database is newer than this program: upgrade the program"):
        compatibility.ahead({"0001_a": False, "0002_b": True, "0003_c": False}, known)
