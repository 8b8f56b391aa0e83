"""The doctor finds what is wrong, says what to do, and never falls over itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from homehd import doctor
from homehd.settings import ServerSettings
from store import data_disk, migrate, pool
from store.data_disk import Disk


def findings(loaded: ServerSettings) -> dict[str, doctor.Finding]:
    return {finding.part: finding for finding in doctor.examine(loaded)}


def test_a_sound_installation(database_url: str, tmp_path: Path) -> None:
    found = findings(ServerSettings(home=str(tmp_path), database=database_url, broker="embedded:nats"))
    assert {found[part].level for part in ("database", "schema", "second wall", "broker", "serial")} == {"ok"}
    assert "PostgreSQL" in found["database"].text
    assert found["timescale"].level == "ok"
    assert {"clock", "disk", "dashboard"} <= set(found)


def test_nothing_is_there(tmp_path: Path) -> None:
    found = findings(
        ServerSettings(home=str(tmp_path), database="postgresql://x:pw@127.0.0.1:1/x", broker="mqtt://127.0.0.1:1")
    )
    assert found["database"].level == found["broker"].level == "fail"
    assert "127.0.0.1" in found["broker"].line()
    assert "pw@" not in found["database"].line()


def test_a_schema_that_is_missing_asks_for_migrate(database_url: str, tmp_path: Path) -> None:
    with pool.connect(database_url) as conn:
        conn.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    settings = ServerSettings(home=str(tmp_path), database=database_url, broker="embedded:nats")
    found = findings(settings)
    assert found["schema"].level == "fail"
    assert "timescale" not in found
    assert "migrate" in found["schema"].line()
    migrate.migrate(database_url)
    assert findings(settings)["schema"].level == "ok"


def test_a_schema_that_is_newer_and_serves_us_too_is_a_warning(database_url: str, tmp_path: Path) -> None:
    with pool.connect(database_url) as conn:
        conn.execute("INSERT INTO schema_migration VALUES ('9998_from_the_future', now(), true)")
    found = findings(ServerSettings(home=str(tmp_path), database=database_url, broker="embedded:nats"))["schema"]
    assert (found.level, found.text) == ("warn", "newer than this program: 9998_from_the_future")
    assert "upgrade this program" in found.hint


def test_a_full_disk_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 10 * 1024**2

    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _folder: Usage)
    finding = next(doctor._disk(ServerSettings(home=str(tmp_path / "not" / "made"))))
    assert (finding.level, finding.part) == ("fail", "disk")
    assert "HOMEHD_HOME" in finding.hint


@pytest.mark.parametrize(("free", "level"), [(50.0, "ok"), (14.0, "warn"), (4.0, "fail")])
def test_the_disk_of_a_database_on_this_machine_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: float, level: str
) -> None:
    monkeypatch.setattr(data_disk, "measured", lambda folders: Disk(str(folders[0]), free, 100.0))
    loaded = ServerSettings(home=str(tmp_path), database="postgresql://x/x", database_folders=["/var/lib/postgresql"])
    (found,) = doctor._database_disk(loaded)
    assert (found.level, found.part) == (level, "database disk")
    assert found.text.endswith(f"{free:.0f}%, in /var/lib/postgresql")


def test_a_folder_of_the_database_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    gone = ServerSettings(database="postgresql://x/x", database_folders=[str(tmp_path / "gone")])
    (found,) = doctor._database_disk(gone)
    assert (found.level, "gone: No such file" in found.text) == ("fail", True)
    assert list(doctor._database_disk(ServerSettings(database="postgresql://x/x"))) == []


def test_a_second_wall_that_does_not_stand_is_a_warning_with_what_to_do(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.walls.ROLE", "homehd_absent")
    found = findings(ServerSettings(home=str(tmp_path), database=database_url, broker="embedded:nats"))["second wall"]
    assert found.level == "warn"
    assert "CREATE ROLE homehd_absent" in found.line()
