"""The card as the database has it, kept fresh. Real database."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import msgspec

from alerts.responsibility import Move
from notifier.away import card as cards
from notifier.away import keeper
from notifier.away.keeper import WRITE_S, Keeper
from notifier.metrics import Metrics
from store import heartbeat, notices
from telemetry.clock import ManualClock, SystemClock
from telemetry.rota import Audience
from tests.notifier.away_world import START_US
from tests.notifier.world import World


def made(world: World, folder: Path, clock: ManualClock) -> Keeper:
    return Keeper(world.url, folder / "card.json", clock, Metrics())


def test_what_it_says(world: World) -> None:
    # The API's and the database's clocks, where a card is built beside them.
    world.now_us = notices.database_us(world.conn)
    alert_id = world.alert("R10")
    world.settle()
    heartbeat.beat(world.conn, "notifier", "host-2", world.now_us)
    heartbeat.beat(world.conn, "notifier", "host-1", world.now_us)
    world.rows("UPDATE delivery SET state = 'delivered' RETURNING 1")
    said = keeper.build(world.conn, world.now_us)
    assert said.notifiers == ["host-1", "host-2"]
    assert [(one.unit_id, one.clinic_id, one.is_test, one.in_treatment) for one in said.units] == [
        (world.home, world.clinic, False, False)
    ]
    (notice,) = said.notices
    assert (notice.cause, notice.state, notice.priority, notice.round) == ("venous access", "asking", "high", 1)
    assert (notice.done, notice.began_us) == (["first"], world.now_us)
    assert [(one.channel_id, one.received) for one in notice.used] == [(world.ways["anna 1"], True)]
    assert [(one.alert_id, one.state) for one in notice.alerts] == [(alert_id, "active, unacknowledged")]
    assert {one.channel_id for one in said.channels} == set(world.ways.values())
    assert said.channels[0].address.startswith("jsons://")
    # Nobody has a rota here: whoever may answer for the clinic is everyone.
    assert said.people(world.clinic, Audience.CLINICAL, world.now_us).everyone == tuple(sorted(world.users.values()))


def test_what_was_queued_and_not_sent_is_not_said_to_be(world: World) -> None:
    world.alert("R10")
    world.settle()
    (notice,) = keeper.build(world.conn, world.now_us).notices
    assert (notice.done, notice.used) == ([], [])


def test_an_acceptance_is_on_it_and_what_is_over_is_not(world: World) -> None:
    world.now_us = notices.database_us(world.conn)
    alert_id = world.alert("R10")
    world.settle()
    world.answer("anna", Move.ACCEPT)
    (notice,) = keeper.build(world.conn, world.now_us).notices
    assert (notice.state, notice.accepted_by) == ("accepted", world.users["anna"])
    world.clear(alert_id)
    world.settle()
    assert keeper.build(world.conn, world.now_us).notices == []


def test_nobody_s_name_or_address_but_those_of_channels(world: World) -> None:
    text = msgspec.json.encode(keeper.build(world.conn, START_US)).decode()
    assert "Anna" not in text
    assert "anna@example.org" not in text


def test_it_is_written_when_it_changes_and_every_minute(world: World, tmp_path: Path) -> None:
    clock = ManualClock(START_US)
    one = made(world, tmp_path, clock)
    assert one.card is None and one.age_s() == float("inf")
    one.keep(world.conn)
    first = cards.read(tmp_path / "card.json")
    clock.advance(10)
    one.keep(world.conn)
    assert cards.read(tmp_path / "card.json") == first
    world.alert("R10")
    world.settle()
    one.keep(world.conn)
    second = cards.read(tmp_path / "card.json")
    assert second is not None and len(second.notices) == 1
    clock.advance(WRITE_S)
    one.keep(world.conn)
    third = cards.read(tmp_path / "card.json")
    assert third is not None and third.written_us == clock.now_us()
    clock.advance(7)
    assert one.age_s() == 7
    assert made(world, tmp_path, clock).card == third


def test_a_card_that_is_none_of_ours_is_written_anew(world: World, tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text("{")
    (tmp_path / "card.json").chmod(0o600)
    one = made(world, tmp_path, ManualClock(START_US))
    assert one.card is None
    one.keep(world.conn)
    assert cards.read(tmp_path / "card.json") is not None


def test_a_disk_that_takes_nothing_is_counted_and_the_card_in_memory_is_fresh(world: World, tmp_path: Path) -> None:
    (tmp_path / "card.json").mkdir()
    (tmp_path / "card.json" / "x").touch()
    one = made(world, tmp_path, ManualClock(START_US))
    one.keep(world.conn)
    assert one.card is not None
    assert one._metrics.card_writes.labels("failed")._value.get() == 1


def test_the_thread_keeps_it(world: World, tmp_path: Path) -> None:
    one, stop = Keeper(world.url, tmp_path / "card.json", SystemClock(), Metrics()), threading.Event()
    thread = threading.Thread(target=one.run, args=(stop,))
    thread.start()
    until = time.monotonic() + 10
    while one.card is None and time.monotonic() < until:
        time.sleep(0.05)
    stop.set()
    thread.join(15)
    assert not thread.is_alive()
    assert cards.read(tmp_path / "card.json") is not None
