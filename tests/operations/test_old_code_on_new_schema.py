"""The release before runs on today's schema: its own tests, its own code, a database migrated by ours.

Services are upgraded one by one after `homehd migrate`, so for a while both run on one database.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from store import compatibility, embedded, migrate, pool
from tests import scratch
from tests.conftest import require

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parents[2]
RELEASE = (Path(__file__).parent / "release-before").read_text("utf-8").split()[-1]
# What reads and writes most of the schema. Not what asks which schema it is, nor what starts servers of its own.
TESTS = (
    "tests/store", "--ignore=tests/store/test_migrate.py", "--ignore=tests/store/test_errors.py",
    "--ignore=tests/store/test_pool.py", "--ignore-glob=*/test_embedded*.py", "tests/ingest/test_pipeline.py",
    "tests/ingest/test_session.py", "tests/clinician_api/test_data.py", "tests/registrar/test_issuing.py",
)  # fmt: skip
PASSED_AT_LEAST = 150


@pytest.fixture
def old_code(tmp_path: Path) -> Path:
    git = ["git", "-C", str(ROOT)]
    known = subprocess.run([*git, "cat-file", "-e", f"{RELEASE}^{{commit}}"], capture_output=True, check=False)
    require(known.returncode == 0, f"commit {RELEASE} of the last release", "clone with its history")
    packed = subprocess.run([*git, "archive", RELEASE], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


@pytest.fixture
def server() -> Iterator[str]:
    """A server where every new database begins with today's schema."""
    with scratch.folder("old") as folder, embedded.start(folder) as database:
        template = database.url.replace("/homehd?", "/template1?")
        migrate.migrate(template)
        with pool.connect(template) as conn:
            conn.execute("ALTER SYSTEM SET fsync = off")
            conn.execute("SELECT pg_reload_conf()")
        yield database.url


def test_the_release_before_runs_on_today_s_schema(old_code: Path, server: str) -> None:
    ours = {path.stem for path in (ROOT / "store/sql/migrations").glob("*.sql")}
    theirs = {path.stem for path in (old_code / "store/sql/migrations").glob("*.sql")}
    with pool.connect(server.replace("/homehd?", "/template1?")) as conn:
        recorded = compatibility.recorded(conn)
        if not all(recorded[name] for name in ours - theirs):
            pytest.skip("a migration since says that it cannot: the release before refuses this schema")
        if not (old_code / "store/compatibility.py").exists():
            # The last release from before there was a rule refuses what it does not know, whatever is recorded of it;
            # operators stop it for the upgrade. That its statements run is shown all the same.
            conn.execute("DELETE FROM schema_migration WHERE NOT name = ANY (%s)", [sorted(theirs)])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *TESTS],
        cwd=old_code, env={**os.environ, "HOMEHD_TEST_DATABASE": server, "PYTHONPATH": str(old_code)},
        capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    last = done.stdout.strip().splitlines()[-1]
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert int(last.partition(" passed")[0].split()[-1]) >= PASSED_AT_LEAST, last
