"""Fixtures everybody shares. A part that is not installed is skipped with a line that says so, and required in CI."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from hypothesis import settings

from homehd.brokers import find
from store import editions, embedded, migrate, pool
from store.pool import Connection
from tests import scratch
from tests.secured_broker import SecuredBroker

TIMESCALE = "HOMEHD_TEST_TIMESCALE"
WHOLE_SYSTEMS = frozenset({"chaos", "integration", "operations", "deploy", "bench"})
OWN_FOLDER = pytest.StashKey[Path]()

# Hypothesis fails an example that takes 200 ms by the wall's clock: on a busy machine that is any example.
settings.register_profile("homehd", deadline=None)
settings.load_profile("homehd")


def require(available: object, what: str, how: str) -> None:
    """Skip when a part of the machine is missing, fail instead where it must be there (CI=true)."""
    if available:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is required in CI: {how}")
    pytest.skip(f"{what} is not installed: {how}")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """A folder of this run's own for temporary files, which is left where something failed.

    In pytest's, every run of a user that starts takes what access control entries they have off those of the others.
    """
    if not config.option.basetemp and not hasattr(config, "workerinput"):
        config.option.basetemp = tempfile.mkdtemp(prefix="homehd-pytest-")
        config.stash[OWN_FOLDER] = Path(config.option.basetemp)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Take it away."""
    own = session.config.stash.get(OWN_FOLDER, None)
    if own and exitstatus == 0:
        shutil.rmtree(own, ignore_errors=True)


@pytest.fixture
def mosquitto() -> None:
    """Needs the Mosquitto broker."""
    require(find("mosquitto"), "Mosquitto", "apt-get install mosquitto")


@pytest.fixture
def secured(mosquitto: None, tmp_path: Path) -> Iterator[SecuredBroker]:
    """A Mosquitto with the generated configuration, certificates and all."""
    broker = SecuredBroker(tmp_path / "secured")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A PostgreSQL server for this run: `HOMEHD_TEST_TIMESCALE` (its databases get the extension) or
    `HOMEHD_TEST_DATABASE` if set, else one embedded server for all workers.
    """
    given = os.environ.get(TIMESCALE) or os.environ.get("HOMEHD_TEST_DATABASE")
    if given:
        yield given
        return
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    home = scratch.place() / f"homehd-test-{run[:12]}"
    with embedded.start(home) as database:
        with pool.connect(database.url) as conn:
            # Tests kill processes, not the machine: what the kernel has is safe enough. Old log is soon used again.
            conn.execute("ALTER SYSTEM SET fsync = off")
            conn.execute("ALTER SYSTEM SET max_wal_size = '128MB'")
            conn.execute("SELECT pg_reload_conf()")
        yield database.url
    if not database.pid():
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(postgres_url: str) -> Iterator[Connection]:
    """A connection to that server for what is done to whole databases."""
    with pool.connect(postgres_url) as conn:
        yield conn


@pytest.fixture(scope="session")
def database_template(postgres_url: str, postgres: Connection, worker_id: str) -> Iterator[str]:
    """Name of a migrated database of this worker that others are copied from."""
    name = f"template_{worker_id}_{os.getpid()}"
    postgres.execute(f"CREATE DATABASE {name}")
    url = _url_of(postgres_url, name)
    add_timescale(url)
    migrate.migrate(url)
    # Nobody may be connected to what is copied: TimescaleDB's scheduler visits every database that lets it in.
    postgres.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
    postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    yield name
    postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(postgres_url: str, postgres: Connection, database_template: str) -> Iterator[str]:
    """URL of a fresh, migrated, empty database of this test's own."""
    name = database_template.replace("template", "test")
    postgres.execute(f"CREATE DATABASE {name} TEMPLATE {database_template}")
    yield _url_of(postgres_url, name)
    postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


def add_timescale(url: str) -> None:
    """The extension, where the tests run on TimescaleDB."""
    if os.environ.get(TIMESCALE):
        with pool.connect(url) as conn:
            conn.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whole systems first: they wait most of their time, so one worker has them while the others compute, and none of
    them is left for the end. On TimescaleDB, only what needs a database: the rest is as it was.
    """
    items.sort(key=lambda item: WHOLE_SYSTEMS.isdisjoint(item.path.parts))
    if os.environ.get(TIMESCALE):
        chosen = [item for item in items if "postgres_url" in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen


@pytest.fixture
def plain_url(postgres_url: str, postgres: Connection, database_template: str) -> Iterator[str]:
    """URL of a migrated database without TimescaleDB, wherever the tests run."""
    name = database_template.replace("template", "plain")
    other = os.environ.get(TIMESCALE)
    postgres.execute(f"CREATE DATABASE {name} TEMPLATE {'template0' if other else database_template}")
    if other:
        migrate.migrate(_url_of(postgres_url, name))
    yield _url_of(postgres_url, name)
    postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def community(database_url: str) -> None:
    """Needs TimescaleDB's community edition, which no Debian package has."""
    with pool.connect(database_url) as conn:
        if editions.edition(conn) is not editions.Edition.COMMUNITY:
            pytest.skip(f"needs TimescaleDB's community edition: {TIMESCALE}=URL ./run timescale")


def _url_of(server: str, database: str) -> str:
    parts = urlsplit(server)
    return urlunsplit(parts._replace(path=f"/{database}"))
