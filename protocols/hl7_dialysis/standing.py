"""The machine alarms that stand: a set kept across messages, because a message tells of one alarm, not of all.

- An alarm stands from `start` or `continue` (PCD-04), or T (PCD-01), until `end`, or F, or ALARM_STATE off or inactive.
- A machine says `continue` every 10 to 30 s. If a machine is known to do so and has said nothing of an alarm for
  LAPSE_S while it went on talking, the alarm has ended and its end was lost: it lapses. Held for ever it would hide the
  next one of its kind. A machine that has never been heard to say `continue` keeps its alarms until it ends them.
- Before the set has been listened to for LAPSE_S, an alarm that is not in it may stand all the same (`complete`).

Time counts only while the machine talks: of a pause between two messages no more than KEEP_ALIVE_S.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from protocols.events import Alarm

KEEP_ALIVE_S: Final = 30.0  # the longest the guide allows
LAPSE_S: Final = 4 * KEEP_ALIVE_S
MOST: Final = 64  # more than the guide has alarms


@dataclass(slots=True)
class _Entry:
    alarm: Alarm
    told_s: float  # in seconds listened


class Standing:
    """One machine's alarms."""

    def __init__(self) -> None:
        self._entries: dict[tuple[int, str], _Entry] = {}
        self._keeps_alive = False
        self._listened_s = 0.0
        self._heard_s: float | None = None

    @property
    def alarms(self) -> frozenset[Alarm]:
        """What stands."""
        return frozenset(entry.alarm for entry in self._entries.values())

    @property
    def complete(self) -> bool:
        """Whether everything that stands is known to."""
        return self._listened_s >= LAPSE_S

    def heard(self, now_s: float) -> None:
        """A message came, about whatever: let alarms lapse. `now_s` is any seconds that count up."""
        if self._heard_s is not None:
            self._listened_s += min(max(0.0, now_s - self._heard_s), KEEP_ALIVE_S)
        self._heard_s = now_s
        if self._keeps_alive:
            since = self._listened_s - LAPSE_S
            self._entries = {key: entry for key, entry in self._entries.items() if entry.told_s > since}

    def stands(self, key: tuple[int, str], alarm: Alarm, *, again: bool) -> None:
        """An alarm began, or stands on (`again`). It keeps the name it began with; beyond MOST it is left out."""
        self._keeps_alive = self._keeps_alive or again
        entry = self._entries.get(key)
        if entry is not None:
            entry.told_s = self._listened_s
        elif len(self._entries) < MOST:
            self._entries[key] = _Entry(alarm, self._listened_s)

    def ends(self, key: tuple[int, str]) -> None:
        """An alarm ended; one that was not known to stand may be told too."""
        self._entries.pop(key, None)

    def clear(self) -> None:
        """Nobody is connected any more: nothing of the treatment stands."""
        self._entries.clear()
