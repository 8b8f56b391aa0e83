from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from registrar import authority as ca
from registrar import desk as desks
from registrar.authority import Authority
from registrar.desk import Desk
from registrar.issuing import Refused
from store import registry
from store.errors import StoreError, Trouble
from store.pool import Connection
from telemetry.clock import ManualClock


@pytest.fixture
def desk(database_url: str, authority: Authority, tools: Any) -> Iterator[Desk]:
    desk = Desk(database_url, authority, ManualClock(tools.NOW_US))
    yield desk
    desk.close()


def test_both_doors(desk: Desk, conn: Connection, authority: Authority, unit: registry.Unit, tools: Any) -> None:
    code = tools.code(conn, authority, unit.name)
    key = ca.new_key()
    request = tools.request(unit.name, key)
    first = desk.enrol(code, request)
    assert desk.enrol(code, request).again
    with pytest.raises(Refused):
        desk.enrol(code, tools.request(unit.name))
    following = tools.request(unit.name)
    second = desk.renew(unit.name, unit.shard, following, tools.proof(unit.name, following, key))
    assert second.certificate.serial != first.certificate.serial
    assert second.certificate.until_us - tools.NOW_US == 90 * tools.DAY_US


def test_a_connection_that_was_cut_is_replaced_within_the_same_request(
    desk: Desk, conn: Connection, authority: Authority, unit: registry.Unit, tools: Any
) -> None:
    desk.do(lambda own: own.execute("SELECT 1"))
    conn.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'homehd registrar' AND datname = current_database()"
    )
    code = tools.code(conn, authority, unit.name)
    assert not desk.enrol(code, tools.request(unit.name)).again


def test_a_database_that_is_away_is_said(authority: Authority, tools: Any) -> None:
    desk = Desk("postgresql://127.0.0.1:1/nowhere", authority, ManualClock())
    for _ in range(2):
        with pytest.raises(StoreError) as caught:
            desk.enrol("a.b", b"")
        assert caught.value.trouble is Trouble.UNAVAILABLE


def test_nobody_waits_for_ever(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "PATIENCE_S", 0.1)
    holding, done = threading.Event(), threading.Event()

    def slow(_conn: Connection) -> None:
        holding.set()
        done.wait(10)

    first = threading.Thread(target=lambda: desk.do(slow))
    first.start()
    holding.wait(10)
    with pytest.raises(StoreError, match="the database is slow"):
        desk.enrol("a.b", b"")
    done.set()
    first.join()
