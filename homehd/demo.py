"""The whole system on one machine: broker, database, services, and homes that each speak a real machine protocol.

Every home is two processes, as in life: a machine on a pseudo-terminal and an agent that knows nothing of it but the
protocol. Everything lives in `HOMEHD_HOME` and listens on 127.0.0.1.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from clinician_api.settings import DemoLogin
from homehd import demo_accounts, demo_homes, demo_rota, settings
from homehd.children import Child, stop_all
from homehd.demo_client import DemoClient
from homehd.settings import ServerSettings
from store import migrate
from telemetry.clock import Clock
from telemetry.errors import HomehdError, SettingsError

log = logging.getLogger(__name__)

MAX_HOMES: Final = 64
MAX_MINUTES: Final = 365 * 24 * 60
_READY_S: Final = 90.0
_SUPERVISE_S: Final = 0.5


@dataclass(frozen=True)
class Plan:
    """What to show: how many homes, for how many minutes (None = until stopped), where, and from which seed."""

    homes: int
    minutes: float | None
    port: int | None
    seed: int


def wrong_number_of_homes(homes: int) -> SettingsError:
    """The error for a number of homes this machine will not do."""
    return SettingsError("read flags", f"--homes {homes}", hint=f"1…{MAX_HOMES}; for load, see homehd simulate fleet")


def run(plan: Plan, loaded: ServerSettings, clock: Clock, stop: threading.Event) -> None:
    """Set up, start, print READY, supervise until `stop` or the end of the plan, then stop in order."""
    port = plan.port if plan.port is not None else loaded.api_port
    _require_free(loaded.api_host, port)
    folder = loaded.home_path / "demo"
    with ExitStack() as stack:
        stack.enter_context(_alone(folder))
        where = stack.enter_context(settings.services(loaded))
        migrate.migrate(where.database_url)
        accounts = demo_accounts.renew(where.database_url, clock.now_us(), secrets.token_urlsafe(9))
        homes = demo_homes.provision(where.database_url, plan.homes, clock.now_us())
        demo_homes.open_page(where.database_url, homes[0].unit, clock.now_us())
        demo_rota.fill(where.database_url, clock.now_us())
        environment = {
            "HOMEHD_HOME": str(loaded.home_path),
            "HOMEHD_DATABASE": where.database_url,
            "HOMEHD_DATABASE_FOLDERS": os.pathsep.join(map(str, loaded.data_folders)),
            "HOMEHD_BROKER": where.broker_url,
            "HOMEHD_API_HOST": loaded.api_host,
            "HOMEHD_API_PORT": str(port),
        }
        offered = {"HOMEHD_DEMO_ACCOUNTS": msgspec.json.encode(accounts).decode()}
        logs = folder / "log"
        shutil.rmtree(logs, ignore_errors=True)
        children = [
            Child("ingest", ["ingest"], logs / "ingest.log", environment),
            Child("api", ["api"], logs / "api.log", {**environment, **offered}),
            Child("notify", ["notify"], logs / "notify.log", environment),
        ]
        for home in homes:
            children += demo_homes.children(home, folder, where.broker_url, logs, plan.seed)
        stack.callback(stop_all, children[:3])  # the services drain after the homes have stopped sending
        stack.callback(stop_all, children[3:])
        for child in children:
            child.start()
        client = DemoClient(f"http://{loaded.api_host}:{port}", accounts[0])
        if _wait_for_first_reading(client, children, clock, stop):
            _announce(client.url, accounts)
            _supervise(children, plan.minutes, clock, stop)


def _wait_for_first_reading(client: DemoClient, children: list[Child], clock: Clock, stop: threading.Event) -> bool:
    deadline = clock.monotonic_s() + _READY_S
    while clock.monotonic_s() < deadline:
        if client.shows_a_reading():
            return True
        for child in children:
            child.keep_running(clock.monotonic_s())
        if stop.wait(0.2):
            return False
    worst = next((child for child in children if not child.running or child.starts > 1), children[0])
    hint = f"{worst.name} last said: {worst.last_words()} (log: {worst.log_file})"
    raise HomehdError("start the demo", f"no reading on the wall after {_READY_S:.0f} s", hint=hint)


def _supervise(children: list[Child], minutes: float | None, clock: Clock, stop: threading.Event) -> None:
    end = None if minutes is None else clock.monotonic_s() + minutes * 60
    while not stop.wait(_SUPERVISE_S):
        now = clock.monotonic_s()
        if end is not None and now >= end:
            return
        for child in children:
            child.keep_running(now)


def _announce(url: str, accounts: list[DemoLogin]) -> None:
    for account in accounts:
        print(f"sign in as {account.email} with {account.password} ({account.role})")
    print(f"READY {url}")
    sys.stdout.flush()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "demo.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            hint = "stop it, or set HOMEHD_HOME to another folder"
            raise HomehdError("start the demo", f"another one runs in {folder.parent}", hint=hint) from error
        yield


def _require_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise HomehdError(
                "start the demo", f"{host}:{port}", hint=f"{error.strerror}; choose another with --port"
            ) from error
