"""A wall that was heard and is silent is told to operations until it is heard again; a page loaded again is not."""

from __future__ import annotations

import pytest

from notifier import troubles, walls
from notifier.troubles import Trouble
from notifier.walls import GAP_US, LOST_US, SERVER_SILENT_US, SETTLED_US, Walls
from store import heartbeat, kiosks
from telemetry.alarms import Priority
from tests.notifier.world import SECOND, World

EVERY_US = 5 * SECOND


class Ward:
    """Two walls of a clinic and a server of the dashboard, looked at every five seconds."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.walls = Walls()
        self.numbers = {
            name: kiosks.add(world.conn, name, world.clinic, name.encode().ljust(32), world.now_us, world.now_us + 1)
            for name in ("Ward 3", "Hall")
        }
        world.conn.execute(
            "UPDATE kiosk SET token_hash = sha256(name::bytea), bound_at = now(), code_hash = NULL, code_until = NULL"
        )
        self.serves = True
        self.found: list[Trouble] = []

    def say(self, name: str, sound: str) -> None:
        """As `note_sounds` has it, at the test's time."""
        self.world.conn.execute(
            "UPDATE kiosk SET sound = %(sound)s, sound_at = from_us(%(now)s),"
            " armed_at = CASE WHEN %(sound)s = 'armed' THEN from_us(%(now)s) ELSE armed_at END WHERE name = %(name)s",
            {"sound": sound, "now": self.world.now_us, "name": name},
        )

    def after(self, us: int, **sounds: str) -> list[str]:
        """So much later, with walls that say so all the while; the causes of what there is to tell at the end."""
        end = self.world.now_us + us
        while self.world.now_us < end:
            self.world.now_us = min(end, self.world.now_us + EVERY_US)
            if self.serves:
                heartbeat.beat(self.world.conn, "api", "a", self.world.now_us)
                for name, sound in sounds.items():
                    self.say({"ward": "Ward 3", "hall": "Hall"}[name], sound)
            self.look()
        return [one.cause for one in self.found]

    def look(self) -> None:
        self.found = self.walls.troubles(self.world.conn, self.world.now_us)
        troubles.settle(self.world.conn, self.found, self.world.now_us)

    def notices(self) -> list[tuple[str, str, str]]:
        """(cause, state, priority) of all there ever were."""
        return [tuple(row) for row in self.world.rows("SELECT cause, state, priority FROM notice ORDER BY notice_id")]  # type: ignore[misc]


@pytest.fixture
def ward(world: World) -> Ward:
    found = Ward(world)
    assert found.after(SETTLED_US + EVERY_US, ward="armed", hall="armed") == []
    return found


@pytest.mark.parametrize(
    ("sound", "why"),
    [
        ("off", "its sound is off"),
        ("blocked", "its browser wants a press first"),
        ("paused", "silenced again and again"),
    ],
)
def test_one_that_is_armed_no_more_is_told_until_it_is(ward: Ward, sound: str, why: str) -> None:
    assert ward.after(LOST_US, ward=sound, hall="armed") == []
    assert ward.after(EVERY_US, ward=sound, hall="armed") == [walls.WALL]
    (told,) = ward.found
    assert (told.subject, told.clinic_id, told.audience, told.priority) == (
        f"kiosk {ward.numbers['Ward 3']}", ward.world.clinic, "operations", Priority.MEDIUM,
    )  # fmt: skip
    assert told.reason.startswith("the wall Ward 3 has not been heard since 2025-06-15 15:07 UTC: ")
    assert why in told.reason
    ward.after(4 * EVERY_US, ward=sound, hall="armed")
    assert ward.notices() == [(walls.WALL, "asking", "medium")], "once"
    assert ward.after(EVERY_US, ward="armed", hall="armed") == []
    assert ward.notices() == [(walls.WALL, "over", "medium")]


def test_one_that_is_gone_is_told_and_a_page_that_is_loaded_again_is_not(ward: Ward) -> None:
    for _ in range(3):
        assert ward.after(LOST_US, hall="armed") == []
        assert ward.after(EVERY_US, ward="armed", hall="armed") == []
    assert ward.after(LOST_US + EVERY_US, hall="armed") == [walls.WALL]
    assert "nothing comes from it" in ward.found[0].reason
    ward.world.conn.execute("UPDATE kiosk SET token_hash = NULL, bound_at = NULL WHERE name = 'Ward 3'")
    ward.look()
    assert "no browser is it any more" in ward.found[0].reason
    kiosks.remove(ward.world.conn, ward.numbers["Ward 3"], ward.world.now_us)
    assert ward.after(EVERY_US, hall="armed") == []
    assert ward.notices() == [(walls.WALL, "over", "medium")], "what was taken down is missed no more"


def test_one_that_was_never_armed_or_is_to_be_silent_is_not_missed(world: World) -> None:
    ward = Ward(world)
    assert ward.after(2 * LOST_US, ward="off") == []
    assert ward.after(EVERY_US, ward="armed") == []
    assert ward.after(LOST_US + EVERY_US, ward="off") == [walls.WALL]
    assert kiosks.quieten(world.conn, ward.numbers["Ward 3"])
    assert ward.after(LOST_US, ward="off") == []
    assert ward.after(EVERY_US, ward="armed") == []
    assert ward.after(LOST_US + EVERY_US, ward="off") == [walls.WALL], "armed again it is expected to be heard again"


def test_no_server_of_the_dashboard_is_one_notice_and_not_one_for_each_wall(ward: Ward) -> None:
    ward.serves = False
    assert ward.after(SERVER_SILENT_US - EVERY_US) == [], "a restart"
    assert ward.after(2 * LOST_US) == [walls.SERVER]
    assert "Start `homehd api`" in ward.found[0].reason
    assert ward.notices() == [(walls.SERVER, "asking", "high")]
    ward.serves = True
    # The walls have a minute to come back; one that does not is told of then.
    assert ward.after(SETTLED_US - EVERY_US, hall="armed") == []
    assert ward.after(2 * EVERY_US, hall="armed") == [walls.WALL]
    assert ward.notices() == [(walls.SERVER, "over", "high"), (walls.WALL, "asking", "medium")]


def test_after_the_database_was_away_nobody_is_missed_who_had_no_time_to_speak(ward: Ward) -> None:
    ward.world.now_us += 10 * LOST_US
    ward.look()
    assert ward.found == []
    assert ward.after(SETTLED_US, ward="armed", hall="armed") == []
    # What stood before goes on standing meanwhile.
    assert ward.after(LOST_US + EVERY_US, hall="armed") == [walls.WALL]
    ward.world.now_us += GAP_US
    ward.look()
    assert [one.cause for one in ward.found] == [walls.WALL]
    assert Walls().troubles(ward.world.conn, ward.world.now_us) == ward.found, "also for a notifier that has just begun"


def test_servers_of_the_release_before_say_nothing_and_are_not_missed(world: World) -> None:
    ward = Ward(world)
    ward.serves = False
    ward.say("Ward 3", "armed")
    assert ward.after(LOST_US + SETTLED_US) == []
