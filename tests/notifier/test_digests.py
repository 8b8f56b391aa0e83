"""Once a day one page to who is on call: how much waits on the work list, and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from alerts.shelving import ShelfKind
from evaluation import setting_aside
from notifier import troubles
from notifier.digests import Digests
from notifier.dispatch import Outcome
from notifier.kept import KeptDeliveries
from notifier.metrics import Metrics
from notifier.on_call import OnCall
from notifier.page import Site
from notifier.troubles import Trouble
from notifier.words import Occasion
from store import accounts, heartbeat, notices, pool, rota
from store.pool import Connection
from store.rota import Written
from telemetry.alarms import Priority
from telemetry.rota import BACKUP, PRIMARY, Audience, Rotation
from tests.notifier.world import START_US, World, build

HOUR = 3600 * 1_000_000
DAY = 24 * HOUR
# The Monday after: eight o'clock UTC.
MONDAY_US = 1_750_060_800_000_000


def on_rota(
    world: World, *names: str, audience: Audience = Audience.CLINICAL, clinic: int | None = -1, line: int = PRIMARY
) -> int:
    written = Written("os:test", "a test", START_US)
    number = rota.add(world.conn, world.clinic if clinic == -1 else clinic, audience, line, "UTC", written)
    people = tuple(world.users[name] for name in names)
    rota.rotate(world.conn, number, Rotation(0, people, 1, time(8), date(2025, 6, 16), START_US - DAY), written)
    return number


def look(world: World) -> list[tuple[str, str]]:
    """(whom, what) of the digests so far, in order, having looked."""
    assert Digests(OnCall().book).look(world.conn, world.now_us) == []
    names = {channel: name for name, channel in world.ways.items()}
    found = world.rows(
        """SELECT d.channel_id, n.reason FROM delivery AS d JOIN notice AS n USING (notice_id)
        WHERE n.cause = 'digest' ORDER BY d.delivery_id"""
    )
    return [(names[channel], reason) for channel, reason in found]


def test_at_hand_over_who_comes_on_call_has_one_page_a_day(world: World) -> None:
    on_rota(world, "anna", "boris")
    on_rota(world, "chen", line=BACKUP)
    world.alert("R13", Priority.LOW)
    world.settle()
    world.now_us = MONDAY_US - 1
    assert look(world) == []
    world.now_us = MONDAY_US
    world.alert("R20", Priority.LOW)
    world.settle()
    monday = ("anna 1", "2 on the work list, all of today.")
    assert look(world) == [monday] == look(world)
    world.now_us += 3 * HOUR
    assert look(world) == [monday]
    world.now_us = MONDAY_US + 2 * DAY + HOUR
    assert look(world) == [monday, ("anna 1", "2 on the work list, the oldest for 2 days.")]
    world.now_us = MONDAY_US + 3 * DAY
    assert look(world)[-1] == ("boris 1", "2 on the work list, the oldest for 3 days.")
    # Nobody was asked, and nothing is open because of it.
    assert world.rows("SELECT count(*) FROM notice WHERE cause = 'digest' AND state <> 'over'") == [(0,)]


def test_what_is_not_on_the_list_is_not_counted(world: World) -> None:
    on_rota(world, "anna")
    world.alert("R10", Priority.HIGH)  # asked about
    shelved = world.alert("R13", Priority.MEDIUM, late=True)
    over = world.alert("R20", Priority.LOW)
    world.settle()
    world.clear(over, "R20", Priority.LOW)
    world.settle()
    world.now_us = MONDAY_US
    asked = world.rows("SELECT count(*) FROM notice WHERE state = 'asking'")
    assert asked == [(1,)] and shelved
    assert look(world) == []
    # It is done for the day: what comes now is tomorrow's.
    world.alert("R33", Priority.LOW)
    world.settle()
    world.now_us += HOUR
    assert look(world) == []
    world.now_us += DAY
    assert len(look(world)) == 1


def test_set_aside_is_not_on_the_list(world: World) -> None:
    on_rota(world, "anna")
    alert = world.alert("R20", Priority.LOW)
    world.settle()
    world.now_us = MONDAY_US
    world.at_the_api(
        lambda conn: setting_aside.shelve(
            conn, alert, ShelfKind.ONE_SHOT, None, "known", world.users["anna"], world.now_us
        )
    )
    world.settle()
    assert look(world) == []


def test_nobody_on_call_no_page_and_a_person_without_a_way_none_either(world: World) -> None:
    number = on_rota(world, "anna")
    world.alert("R20", Priority.LOW)
    world.settle()
    world.conn.execute(
        "UPDATE channel SET disabled_at = now(), disabled_why = 'x' WHERE user_id = %s", [world.users["anna"]]
    )
    world.now_us = MONDAY_US
    assert look(world) == []
    written = Written("os:test", "a test", world.now_us)
    rota.rotate(world.conn, number, Rotation(0, (), 1, time(8), date(2025, 6, 16), world.now_us), written)
    world.now_us += DAY
    assert look(world) == []


def test_a_line_for_all_clinics_counts_what_no_line_of_its_own_serves(conn: Connection, database_url: str) -> None:
    world = build(conn, database_url)
    world.users["tec"] = accounts.add_user(
        conn, email="t@example.org", name="T", role="technician", clinic_id=None, password_hash="x", now_us=START_US
    )
    world.rows(
        "UPDATE channel SET user_id = %s WHERE channel_id = %s RETURNING 1", world.users["tec"], world.ways["chen 1"]
    )
    on_rota(world, "tec", audience=Audience.TECHNICAL, clinic=None)
    away = Trouble("home link", "unit a", world.clinic, "technical", Priority.LOW, "away")
    troubles.settle(
        conn, [away, replace(away, clinic_id=None), replace(away, audience="operations", subject="x")], START_US
    )
    world.now_us = MONDAY_US
    assert look(world) == [("chen 1", "2 on the work list, all of today.")]
    # With a line of its own the clinic's are that one's.
    number = on_rota(world, "anna", audience=Audience.TECHNICAL)
    assert number
    world.now_us += DAY
    assert look(world)[-1] == ("chen 1", "1 on the work list, the oldest for 1 day.")
    world.close()


def test_of_two_notifiers_one_sends_it(world: World, database_url: str) -> None:
    on_rota(world, "anna")
    world.alert("R20", Priority.LOW)
    world.settle()
    world.now_us = MONDAY_US
    with pool.connect(database_url) as other:
        for conn in (world.conn, other):
            Digests(OnCall().book).look(conn, world.now_us)
    assert len(look(world)) == 1


@pytest.mark.parametrize("days", [0, 3])
def test_its_page_goes_out_with_its_numbers(world: World, database_url: str, days: int) -> None:
    on_rota(world, "anna")
    world.alert("R20", Priority.LOW)
    world.settle()
    world.now_us = MONDAY_US + days * DAY
    look(world)
    heartbeat.beat(world.conn, "notifier", "me", notices.database_us(world.conn))
    kept = KeptDeliveries(database_url, "me", Site(url="https://hd.example.org"), Metrics())
    (job,) = kept.claim(9, frozenset(), high_only=False)
    kept.close()
    assert (job.page.priority, job.page.occasion) == (Priority.LOW, Occasion.DIGEST)
    assert job.page.body == "1 on the work list, " + ("the oldest for 3 days." if days else "all of today.")
    assert job.page.link == "https://hd.example.org/#/notices"


@pytest.mark.parametrize(("old_us", "left"), [(HOUR, [("queued", True)]), (2 * HOUR, [("failed", False)])])
def test_one_that_nothing_takes_is_given_up_after_two_hours(
    world: World, database_url: str, old_us: int, left: list[tuple[str, bool]]
) -> None:
    """Its notice is over as it begins, so nothing else would ever withdraw it."""
    on_rota(world, "anna")
    world.alert("R20", Priority.LOW)
    world.settle()
    world.now_us = MONDAY_US
    look(world)
    now_us = notices.database_us(world.conn)
    world.rows("UPDATE delivery SET queued_at = from_us(%s) RETURNING 1", now_us - old_us)
    heartbeat.beat(world.conn, "notifier", "me", now_us)
    kept = KeptDeliveries(database_url, "me", Site(), Metrics())
    (job,) = kept.claim(9, frozenset(), high_only=False)
    kept.report(job, Outcome(None, "no answer", 60.0))
    kept.close()
    assert world.rows("SELECT state, next_try_at IS NOT NULL FROM delivery") == left
    assert world.rows("SELECT disabled_at FROM channel WHERE channel_id = %s", world.ways["anna 1"]) == [(None,)]
