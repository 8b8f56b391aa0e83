"""Walls that were heard and are not any more: a wall that is silent looks like one with nothing to say.

Every API server says every few seconds that it lives and what its walls say of their sound. While none of them is heard
that is told, once, and nothing of the walls: they are dark with it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from notifier.troubles import Trouble, standing
from store import heartbeat, kiosks
from store.kiosks import SilentKiosk
from store.pool import Connection
from telemetry.alarms import Priority
from telemetry.rota import Audience

WALL: Final = "wall"
SERVER: Final = "dashboard"
CAUSES: Final = (WALL, SERVER)
# Longer than a page that is loaded again, a browser that starts, and a pause of two minutes (design defaults of ours).
LOST_US: Final = 180 * 1_000_000
# Longer than a server that is started again.
SERVER_SILENT_US: Final = 60 * 1_000_000
# After the database was away, we were, or the servers: so long they have to speak, and walls to come back to them.
SETTLED_US: Final = 60 * 1_000_000
# We look every five seconds: one who has not looked for so long does not know what has been meanwhile.
GAP_US: Final = 20 * 1_000_000
# A wall that is open is heard of every three seconds.
GONE_US: Final = 20 * 1_000_000


class Walls:
    """Looks from one thread, again and again."""

    def __init__(self) -> None:
        self._looked_us = self._since_us = self._heard_us = -GAP_US

    def troubles(self, conn: Connection, now_us: int) -> list[Trouble]:
        """One for each wall that was armed and has not been for three minutes, or one for the servers.

        What stands goes on standing while that is not known.
        """
        if now_us - self._looked_us >= GAP_US:
            self._since_us = self._heard_us = now_us
        self._looked_us = now_us
        told, beats = standing(conn, CAUSES), heartbeat.beats(conn, "api")
        if not beats:  # of the release before, which says nothing
            return told
        walls = [one for one in told if one.cause == WALL]
        last_us = beats[0].at_us
        if now_us - last_us >= GAP_US:
            self._heard_us = now_us
            if now_us - last_us < SERVER_SILENT_US or now_us - self._since_us < SETTLED_US:
                return told
            return [*walls, _server(last_us)]
        if now_us - self._heard_us < SETTLED_US:
            return walls
        return [_wall(one, now_us) for one in kiosks.silent(conn, now_us - LOST_US)]


def _server(last_us: int) -> Trouble:
    since = _told(last_us)
    reason = (
        f"no server of the dashboard has been heard since {since} UTC: screens show nothing new and nothing can be "
        "answered there. Start `homehd api`, or see its log"
    )
    return Trouble(SERVER, "servers", None, Audience.OPERATIONS, Priority.HIGH, reason)


def _wall(one: SilentKiosk, now_us: int) -> Trouble:
    since = _told(one.armed_us)
    reason = (
        f"the wall {one.name} has not been heard since {since} UTC: {_why(one, now_us)}. Tap its sound and say that it "
        "was heard; where it is to be silent: `homehd kiosk quiet`"
    )
    return Trouble(WALL, f"kiosk {one.kiosk_id}", one.clinic_id, Audience.OPERATIONS, Priority.MEDIUM, reason)


def _why(one: SilentKiosk, now_us: int) -> str:
    if not one.bound:
        return "no browser is it any more (`homehd kiosk code`)"
    if one.said_us is None or now_us - one.said_us >= GONE_US:
        return "nothing comes from it; see that its browser runs and has a network"
    return _SAID.get(one.sound or "", "it does not say why")


_SAID: Final = {
    "off": "its sound is off, or nobody has said that the test was heard",
    "blocked": "its browser wants a press first",
    "paused": "it is silenced again and again",
}


def _told(at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us // 1_000_000, UTC):%Y-%m-%d %H:%M}"
