"""A real server on a free port with a database of its own, and people who sign in to it."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import pytest
from argon2 import PasswordHasher
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from clinician_api import server
from clinician_api.access import Role
from clinician_api.app import create_app
from clinician_api.data import Data
from clinician_api.people.sessions import code_hash
from clinician_api.services import Services
from clinician_api.settings import ApiOptions
from clinician_api.web.addresses import Addresses
from clinician_api.web.models import Problem
from clinician_api.web.problems import BY_NAME, MEDIA_TYPE
from notifier.channels import Channels
from notifier.channels.networks import Networks
from store import accounts, alert_log, kiosks, patients, pool, registry
from store.alert_log import AlertEventRow
from store.session_ends import SIGN_INS
from store.viewers import EVERYTHING, work_for
from telemetry.alarms import ConditionState, Priority
from telemetry.clock import SystemClock

T = TypeVar("T")

PASSWORD = "correct horse battery"
# Argon2 at its cheapest: what is tested is not how hard it is.
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
NOWHERE = "mqtt://127.0.0.1:9"


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for something that is bound to happen soon, on a machine that may be busy."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "never happened"
        time.sleep(0.05)


def alike(answer: httpx.Response) -> dict[str, Any]:
    """What an error says, but for its own number: what must be equal where nobody is to learn a difference."""
    return {**problem(answer), "instance": ""}


def problem(answer: httpx.Response) -> dict[str, Any]:
    """The body of an answer that is an error, after a look at its form (RFC 9457)."""
    assert answer.headers["content-type"] == MEDIA_TYPE, answer.text
    found: dict[str, Any] = answer.json()
    Problem.model_validate(found)
    kind = BY_NAME[found["type"].removeprefix("/problems/")]
    assert (found["title"], found["status"]) == (kind.title, answer.status_code)
    assert found["instance"].startswith("urn:uuid:")
    assert all(part in found["detail"] for part in (found["what"], found["where"], found["hint"]))
    return found


def parts(client: httpx.Client, path: str, name: str, limit: int = 1) -> list[Any]:
    """A list as it comes in parts of `limit`, each but the last full, put together."""
    found: list[Any] = []
    query: dict[str, Any] = {"limit": limit}
    while True:
        answer = client.get(httpx.URL(path).copy_merge_params(query))
        assert answer.status_code == 200, answer.text
        some, more = answer.json()[name], answer.json()["next"]
        found += some
        if more is None:
            assert len(some) <= limit
            return found
        assert len(some) == limit
        query["cursor"] = more


class Socket:
    """A signed-in browser's live socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def say(self, message: Any) -> None:
        self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    def subscribe(self, units: list[str] | str = "all") -> dict[str, Any]:
        """Subscribe and return the snapshot."""
        self.say({"subscribe": {"units": units}})
        snapshot: dict[str, Any] = self.next("snapshot")
        return snapshot

    def closed(self, within_s: float = 5.0) -> tuple[int, str]:
        """Code and reason with which the server closes; TimeoutError when it does not."""
        end = SystemClock().monotonic_s() + within_s
        while True:
            try:
                self.connection.recv(timeout=max(0.01, end - SystemClock().monotonic_s()))
            except ConnectionClosed as error:
                return (error.rcvd.code, error.rcvd.reason) if error.rcvd else (1006, "cut without a close frame")

    def next(self, kind: str, timeout: float = 15.0, where: Callable[[dict[str, Any]], bool] = lambda _: True) -> Any:
        """The next message of a kind (that fulfils `where`); others are passed over."""
        clock = SystemClock()
        end = clock.monotonic_s() + timeout
        while True:
            message = json.loads(self.connection.recv(timeout=max(0.01, end - clock.monotonic_s())))
            if message["type"] == kind and where(message):
                return message


@dataclass
class Api:
    """A running API."""

    url: str
    database_url: str
    services: Services
    loop: asyncio.AbstractEventLoop
    stop: threading.Event
    stack: ExitStack
    people: dict[tuple[str, int | None], str] = field(default_factory=dict)

    def client(self, **headers: str) -> httpx.Client:
        """A browser that nobody has signed in with yet."""
        client = httpx.Client(base_url=self.url, headers={"Origin": self.url, **headers}, trust_env=False, timeout=10)
        return self.stack.enter_context(client)

    def account(self, role: Role | str, clinic: int | None = None, name: str = "") -> str:
        """The e-mail of an account of that role, made when it is new."""
        key = (f"{role}{name}", clinic)
        if key not in self.people:
            email = f"{role}{name}-{clinic or 'all'}@example.org".lower().replace(" ", "")
            with self.database() as conn:
                accounts.add_user(
                    conn, email=email, name=name or f"{role} of {clinic}", role=str(role), clinic_id=clinic,
                    password_hash=HASHER.hash(PASSWORD), now_us=SystemClock().now_us(),
                )  # fmt: skip
            self.people[key] = email
        return self.people[key]

    def sign_in(self, role: Role | str = Role.NEPHROLOGIST, clinic: int | None = 1, name: str = "") -> httpx.Client:
        """A browser signed in as somebody of that role and clinic."""
        if role is Role.KIOSK:
            return self.kiosk(clinic or 1, name)
        client = self.client()
        answer = client.post("/api/session", json={"email": self.account(role, clinic, name), "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return client

    def kiosk(self, clinic: int = 1, name: str = "", *, hides_names: bool = False) -> httpx.Client:
        """The browser of a new screen on a wall."""
        client = self.client()
        code = f"CODE-{len(self.people)}-{secrets.token_hex(4)}"
        now = SystemClock().now_us()
        with self.database() as conn:
            until = now + 60_000_000
            kiosks.add(conn, name or code, clinic, code_hash(code), now, until, hides_names=hides_names)
        answer = client.post("/api/kiosk", json={"code": code})
        assert answer.status_code == 200, answer.text
        return client

    def open_socket(self, client: httpx.Client | None, origin: str | None = "own", **options: Any) -> Socket:
        """A live socket with the client's cookie; raises InvalidStatus when it is refused."""
        headers = {}
        if client is not None:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        connection = connect(
            self.url.replace("http", "ws", 1) + "/ws", origin=self.url if origin == "own" else origin,  # type: ignore[arg-type]
            additional_headers=headers, proxy=None, compression=None, close_timeout=1, **{"open_timeout": 5, **options},
        )  # fmt: skip
        return Socket(self.stack.enter_context(connection))

    def line(self) -> socket.socket:
        """A bare TCP connection to the server."""
        parts = urlsplit(self.url)
        peer = socket.create_connection((parts.hostname, parts.port), timeout=5)
        self.stack.callback(peer.close)
        return peer

    def do(self, action: Callable[[Services], T]) -> T:
        """Run something in the server's loop, where the room lives."""
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(action(self.services))
            except BaseException as error:  # told to the test
                done.set_exception(error)

        self.loop.call_soon_threadsafe(run)
        return done.result(5)

    def database(self) -> pool.Connection:
        return pool.connect(self.database_url)

    def deeds(self, *columns: str) -> list[tuple[Any, ...]]:
        """These columns of the record, in its order, but for coming in and going out: every test does."""
        return self.record("action <> ALL (%s)", list(SIGN_INS), columns=columns)

    def sign_ins(self, *columns: str) -> list[tuple[Any, ...]]:
        """The same of coming in and going out."""
        return self.record("action = ANY (%s)", list(SIGN_INS), columns=columns)

    def record(self, where: str, *values: Any, columns: tuple[str, ...] = ("actor", "action")) -> list[tuple[Any, ...]]:
        """These columns of some rows of the record, in its order."""
        asked = f"SELECT {', '.join(columns)} FROM audit_event WHERE {where} ORDER BY event_id"
        with self.database() as conn:
            return conn.execute(asked.encode(), values).fetchall()

    def add_unit(self, name: str, clinic: str | None, patient: str | None = None, label: str = "") -> registry.Unit:
        """A unit, with a patient where one is named; the server knows it when this returns."""
        now = SystemClock().now_us()
        with self.database() as conn:
            unit = registry.add_unit(conn, label or f"Home {name}", clinic, now, name=name)
            if patient:
                number = patients.add_patient(conn, patient, unit.clinic_id, patients.Prescription())
                patients.bind(conn, unit.unit_id, number, now)
        self.refresh()
        return unit

    def refresh(self) -> None:
        """Let the server look at its directory now instead of within two seconds."""

        async def look() -> None:
            work_for(EVERYTHING)
            self.services.room.set_directory(await self.services.data.directory())
            self.services.pump.publish()

        asyncio.run_coroutine_threadsafe(look(), self.loop).result(5)

    def raise_alert(
        self, unit: registry.Unit, state: ConditionState = ConditionState.ACTIVE_UNACKNOWLEDGED,
        alert_id: int | None = None, reason: str = "venous pressure fell", priority: Priority = Priority.HIGH,
    ) -> str:  # fmt: skip
        """Record an alert, or the next step of one, as ingest does; its id."""
        now = SystemClock().now_us()
        with self.database() as conn, pool.transaction(conn):
            number = alert_id or alert_log.reserve_ids(conn, 1)[0]
            row = AlertEventRow(
                number, unit.unit_id, "R07", "1.0.0", priority, state, now, reason, {"venous_pressure": 12.0},
                {"venous_pressure": 20.0},
            )  # fmt: skip
            alert_log.append(conn, [row], now)
        return str(number)


def start_api(stack: ExitStack, options: ApiOptions, addresses: Addresses | None = None) -> Api:
    """A server in a thread, stopped when the stack is closed, with `Clinic 1` and `Clinic 2`, numbered so."""
    stop = threading.Event()
    started: Future[tuple[str, Services, asyncio.AbstractEventLoop]] = Future()

    async def main() -> None:
        judge = addresses or Channels(Networks(), SystemClock())
        app = create_app(options, SystemClock(), Data(options), HASHER, judge)
        loop = asyncio.get_running_loop()
        await server.serve(app, options, stop, lambda url: started.set_result((url, app.state.services, loop)))

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:
            if not started.done():
                started.set_exception(error)
            raise

    thread = threading.Thread(target=run, name="api under test")
    thread.start()

    def end() -> None:
        stop.set()
        thread.join(15)
        assert not thread.is_alive(), "the API did not stop within 15 s"

    stack.callback(end)
    url, services, loop = started.result(20)
    with pool.connect(options.database_url) as conn:
        assert [registry.add_clinic(conn, f"Clinic {n}") for n in (1, 2)] == [1, 2]
    return Api(url, options.database_url, services, loop, stop, stack)


@pytest.fixture
def options(database_url: str, tmp_path: Path) -> ApiOptions:
    """Impatient settings, no broker, no dashboard."""
    return ApiOptions(
        database_url=database_url, broker_url=NOWHERE, port=0, metrics_port=None, static_dir=tmp_path / "static",
        stall_s=1.0, recheck_s=0.3, heartbeat_s=1.0,
    )  # fmt: skip


@pytest.fixture
def api(options: ApiOptions) -> Iterator[Api]:
    """A running server."""
    with ExitStack() as stack:
        yield start_api(stack, options)
