"""One look after the other, on a real database; what a night comes to is in test_escalator and test_router."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from alerts.escalation import People
from alerts.responsibility import Move
from notifier import router
from notifier.decider import BEAT_S, LOOK_S, PAUSE_S, Decider
from notifier.lookouts import Lookout
from notifier.metrics import Metrics
from notifier.troubles import Trouble
from store import heartbeat, notices, pool, registry
from store.errors import StoreError
from store.errors import Trouble as StoreTrouble
from store.notices import NoticeRow
from store.pool import Connection
from telemetry.alarms import Priority
from telemetry.clock import ManualClock, SystemClock
from tests.notifier.world import CAUSES, World


class Kit:
    """A decider, its clock, and how often it woke the sender."""

    def __init__(self, world: World) -> None:
        self.world, self.woken, self.metrics = world, 0, Metrics()
        self.clock = ManualClock(world.now_us)
        self.found: list[Trouble] = []
        look = Lookout(lambda _conn, _now: self.found, ("rota",))
        self.decider = Decider(
            world.url, "n1", CAUSES, world.who, [look], self._wake, self.clock, self.metrics
        )  # fmt: skip

    def _wake(self) -> None:
        self.woken += 1

    def ingest_beats(self, **detail: Any) -> None:
        at_us = notices.database_us(self.world.conn)
        heartbeat.beat(self.world.conn, "ingest", "i", at_us, {"shards": 64, **detail})

    def step(self) -> float:
        self.clock.advance(5.0)
        return self.decider.step(self.world.conn)


def causes_told(world: World) -> list[tuple[Any, ...]]:
    return world.rows("SELECT cause, subject FROM notice WHERE state <> 'over' ORDER BY notice_id")


def test_a_look_routes_escalates_and_wakes_the_sender(world: World) -> None:
    kit = Kit(world)
    kit.ingest_beats()
    world.now_us = notices.database_us(world.conn)
    world.alert()
    assert kit.step() == 0.0  # there may be more
    assert len(world.pages()) == 1 and kit.woken > 0
    woken = kit.woken
    assert 0 < kit.step() <= LOOK_S
    assert len(world.pages()) == 1 and kit.woken == woken
    assert heartbeat.beats(world.conn, "notifier")[0].instance == "n1"


def storm(world: World, kit: Kit, seconds_each: float) -> list[int]:
    """300 alerts, more than is taken at once; when the heart had beaten, as seen at each notice's first step."""
    kit.ingest_beats()
    beats: list[int] = []

    def who(_conn: Connection, row: NoticeRow, _now_us: int) -> People:
        kit.clock.advance(seconds_each)
        if row.unit_id is not None:  # no trouble of our own
            beats.append(heartbeat.beats(world.conn, "notifier")[0].at_us)
        return world.people

    kit.decider = Decider(world.url, "n1", CAUSES, who, [], kit._wake, kit.clock, kit.metrics)
    for home in [registry.add_unit(world.conn, f"More {n}", "North", world.now_us).unit_id for n in range(300)]:
        world.alert(home=home)
    return beats


def test_the_heart_beats_in_the_middle_of_a_storm(world: World) -> None:
    """Else what this notifier is sending would be taken over as a dead one's, and sent twice."""
    kit = Kit(world)
    beats = storm(world, kit, 0.01)
    while kit.step() == 0.0:
        pass
    assert len(beats) == 300 and len(set(beats)) == 2


def test_a_storm_takes_several_looks_none_of_them_long(world: World) -> None:
    kit = Kit(world)
    beats = storm(world, kit, 0.1)
    assert kit.step() == 0.0 and 0 < len(beats) < 300
    assert kit.decider.answered_s > 5.0
    while kit.step() == 0.0:
        pass
    assert len(beats) == 300


def test_a_silent_ingest_is_one_trouble_and_over_when_it_speaks(world: World) -> None:
    kit = Kit(world)
    kit.step()
    assert causes_told(world) == [("ingest", "ingest is silent")]
    kit.ingest_beats()
    kit.step()
    kit.ingest_beats()
    kit.step()
    assert causes_told(world) == []
    kit.ingest_beats(broker="refused")
    kit.step()
    assert causes_told(world) == [("ingest", "ingest does not hear the broker")]


def test_silence_is_held_while_we_are_deaf(world: World) -> None:
    kit = Kit(world)
    kit.ingest_beats(broker="refused")
    world.alert("R33", Priority.HIGH)
    kit.step()
    assert world.rows("SELECT stage FROM notice_alert") == [("our own fault",)]


def test_what_others_find_wrong_is_told_too(world: World) -> None:
    kit = Kit(world)
    kit.ingest_beats()
    kit.found = [Trouble("rota", "a hole", None, "operations", Priority.MEDIUM, "name somebody")]
    kit.step()
    assert causes_told(world) == [("rota", "a hole")]


def test_what_no_channel_took_is_told(world: World) -> None:
    kit = Kit(world)
    kit.ingest_beats()
    world.now_us = notices.database_us(world.conn) - 61_000_000
    world.alert()
    world.settle()
    kit.step()
    assert [cause for cause, _ in causes_told(world)] == ["venous access", "unreached"]


def test_it_goes_on_after_its_database_was_away(world: World) -> None:
    kit, stop = Kit(world), threading.Event()
    kit.decider._clock = SystemClock()
    thread = threading.Thread(target=kit.decider.run, args=(stop,))
    thread.start()
    try:
        _until(lambda: bool(heartbeat.beats(world.conn, "notifier")))
        world.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'homehd notifier'"
            " AND datname = current_database()"
        )
        kit.ingest_beats()
        world.now_us = notices.database_us(world.conn)
        world.alert()
        _until(lambda: bool(world.pages()))
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


def _until(done: Any) -> None:
    clock, pause = SystemClock(), threading.Event()
    end_s = clock.monotonic_s() + 30
    while not done():
        assert clock.monotonic_s() < end_s
        pause.wait(0.02)


def test_however_much_is_due_the_heart_beats_meanwhile(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim holds while the heart beats: a step must end well before it is taken for dead, whatever is due."""
    kit = Kit(world)
    kit.ingest_beats()
    left = [1_000]

    def never_done(*_: object) -> int:
        kit.clock.advance(0.2)  # a pass of a slow database
        left[0] -= 1
        return max(left[0], 0)

    monkeypatch.setattr(router, "route", never_done)
    began_s = kit.clock.monotonic_s()
    assert kit.step() == 0.0  # there is more, at once
    assert kit.clock.monotonic_s() - began_s - 5.0 <= BEAT_S and left[0] > 900


def test_an_acceptance_that_has_lasted_its_time_is_waited_for_and_asks_again(world: World) -> None:
    kit = Kit(world)
    kit.step()
    assert causes_told(world) == [("ingest", "ingest is silent")]
    kit.decider.step(world.conn)
    world.now_us = notices.database_us(world.conn)
    assert world.answer("anna", Move.ACCEPT).value == "done"
    world.rows("UPDATE notice SET accepted_until = now(), recheck_at = now() RETURNING 1")
    assert kit.decider.step(world.conn) == LOOK_S, (
        "not time yet for a look at troubles: no reason to turn round at once"
    )
    assert kit.step() == 0.0
    assert world.notice() == ("asking", "high", 2)


def test_what_another_is_at_is_not_looked_for_without_a_pause(world: World, database_url: str) -> None:
    kit = Kit(world)
    kit.ingest_beats()
    world.now_us = notices.database_us(world.conn) - 10_000_000
    world.alert()
    router.route(world.conn, CAUSES, world.now_us)
    with pool.connect(database_url) as other, pool.transaction(other):
        other.execute("SELECT FROM notice FOR UPDATE")
        assert kit.step() == PAUSE_S > 0
    assert kit.step() == 0.0 and world.pages()


@pytest.mark.parametrize("trouble", [None, StoreTrouble.REFUSED])
def test_a_look_that_fails_hides_nothing_else_and_ends_nothing(world: World, trouble: StoreTrouble | None) -> None:
    kit = Kit(world)
    kit.ingest_beats()
    hole = Trouble("rota", "a hole", None, "operations", Priority.MEDIUM, "name somebody")
    kit.found = [hole]
    kit.step()

    def broken(_conn: Connection, _now_us: int) -> list[Trouble]:
        raise ValueError("a mistake of ours") if trouble is None else StoreError("look", trouble=trouble)

    other = Trouble("self-test", "not run", None, "operations", Priority.MEDIUM, "run it")
    looks = [Lookout(broken, ("rota",)), Lookout(lambda _conn, _now: [other], ("self-test",))]
    kit.decider = Decider(world.url, "n1", CAUSES, world.who, looks, kit._wake, kit.clock, kit.metrics)
    world.rows("UPDATE service_heartbeat SET at = at - interval '1 hour' WHERE service = 'ingest' RETURNING 1")
    world.now_us = notices.database_us(world.conn) - 61_000_000
    world.alert()
    world.settle()
    for _ in range(2):
        kit.step()
        assert {cause for cause, _ in causes_told(world)} >= {"ingest", "unreached", "self-test", "rota"}
    assert kit.metrics.registry.get_sample_value("homehd_notifier_looks_failed_total") == 2
