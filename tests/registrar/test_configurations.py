"""Settings are signed when they are made, and the broker is given what it has not got."""

from __future__ import annotations

from pathlib import Path
from threading import Barrier, Thread

import pytest

from edge_agent import signature
from registrar import configurations
from registrar.authority import Authority
from registrar.configurations import Publisher
from store import pool, registry, unit_settings
from store.errors import StoreError
from store.pool import Connection
from telemetry import topics, wire
from telemetry.errors import WireError

NOW_US = 1_750_000_000_000_000


def make(conn: Connection, authority: Authority, folder: Path, unit: str, settings: str = "") -> int:
    return configurations.make(conn, authority, folder, unit, settings, "anna", "why", NOW_US)


def test_the_box_accepts_what_is_made(
    conn: Connection, authority: Authority, unit: registry.Unit, tmp_path: Path
) -> None:
    assert make(conn, authority, tmp_path, unit.name, "[machine]\npoll_s = 2.0\n") == 1
    assert make(conn, authority, tmp_path, unit.name) == 2
    for message in unit_settings.newest_messages(conn):
        config = wire.decode_config(message.message)
        signature.verify(config, authority.pem.encode(), NOW_US)
        assert (config.unit, config.serial, message.serial) == (unit.name, 2, 2)
    assert [one.author for one in unit_settings.history(conn, unit.name)] == ["anna", "anna"]


def test_two_at_once_get_a_serial_each(
    conn: Connection, database_url: str, authority: Authority, unit: registry.Unit, tmp_path: Path
) -> None:
    make(conn, authority, tmp_path, unit.name)  # the signer's key is there before they race
    both = Barrier(4)
    serials: list[int] = []

    def one() -> None:
        with pool.connect(database_url) as own:
            both.wait()
            serials.append(make(own, authority, tmp_path, unit.name))

    threads = [Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(serials) == [2, 3, 4, 5]


def test_neither_an_unknown_nor_a_revoked_unit_nor_a_book_is_configured(
    conn: Connection, authority: Authority, unit: registry.Unit, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="units list"):
        make(conn, authority, tmp_path, "nobody")
    with pytest.raises(WireError, match="settings of"):
        make(conn, authority, tmp_path, unit.name, "#" * (wire.MAX_SETTINGS + 1))
    assert unit_settings.history(conn, unit.name) == []
    registry.revoke_unit(conn, unit.name, NOW_US)
    with pytest.raises(StoreError, match="units list"):
        make(conn, authority, tmp_path, unit.name)


def test_the_broker_is_given_what_is_new_and_everything_when_it_comes_back(
    conn: Connection, authority: Authority, unit: registry.Unit, tmp_path: Path
) -> None:
    given: list[tuple[str, int]] = []
    hands_over = True

    def publish(topic: str, payload: bytes) -> bool:
        given.append((topic, wire.decode_config(payload).serial))
        return hands_over

    publisher = Publisher(publish)
    topic = topics.home(unit.shard, unit.name, "config")
    assert publisher.bring(conn, 1) == 0
    make(conn, authority, tmp_path, unit.name)
    assert [publisher.bring(conn, 1), publisher.bring(conn, 1)] == [1, 0]
    make(conn, authority, tmp_path, unit.name)
    hands_over = False
    assert publisher.bring(conn, 1) == 0
    hands_over = True
    assert publisher.bring(conn, 1) == 1
    assert publisher.bring(conn, 2) == 1
    assert given == [(topic, 1), (topic, 2), (topic, 2), (topic, 2)]
