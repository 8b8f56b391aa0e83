"""A disk that fills is told to operations before the database is full, and is over when there is room."""

from __future__ import annotations

from notifier import database_disk, troubles
from notifier.troubles import Trouble
from store import heartbeat
from store.data_disk import FRESH_US, Disk, said
from telemetry.alarms import Priority
from telemetry.disk_limits import Limits
from tests.notifier.world import World

LIMITS = Limits(low=0.15, full=0.05)


def look(world: World) -> list[Trouble]:
    """What there is to tell; the notices are as that says."""
    found = database_disk.troubles(world.conn, LIMITS, world.now_us)
    troubles.settle(world.conn, found, world.now_us)
    return found


def say(world: World, free: float) -> None:
    heartbeat.beat(world.conn, "notifier", "n", world.now_us, {"disk": said(Disk("/var/lib/pg", free * 1e11, 1e11))})


def notices(world: World) -> list[tuple[str, str]]:
    return [(state, priority) for state, priority in world.rows("SELECT state, priority FROM notice")]


def test_low_is_asked_about_full_is_asked_about_again_and_room_ends_it(world: World) -> None:
    say(world, 0.15)
    assert look(world) == []
    say(world, 0.14)
    (low,) = look(world)
    assert (low.cause, low.clinic_id, low.audience, low.priority) == (
        database_disk.CAUSE, None, "operations", Priority.MEDIUM,
    )  # fmt: skip
    assert low.reason.startswith("the disk of the database has 14.0 GB free, 14% of it (/var/lib/pg): make room")
    assert notices(world) == [("asking", "medium")]
    say(world, 0.04)
    look(world)
    assert notices(world) == [("asking", "high")]
    say(world, 0.16)
    assert len(look(world)) == 1, "a little above is not over: it would be told of again and again"
    say(world, 0.17)
    assert look(world) == []
    assert notices(world) == [("over", "high")]


def test_what_stands_goes_on_standing_while_nobody_tells_of_it(world: World) -> None:
    assert look(world) == [], "never told of"
    say(world, 0.01)
    assert len(look(world)) == 1
    world.now_us += FRESH_US
    assert [one.cause for one in look(world)] == [database_disk.CAUSE]
    assert notices(world) == [("asking", "high")]
