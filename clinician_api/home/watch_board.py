"""Which screens show which home at the moment, by their own word. No I/O, no clock.

A screen says so itself, of homes whose readings it has just painted where a person could see them: that a page is open
somewhere, or that a socket stands, is no proof that anybody sees anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# A screen says so every few seconds; who has not for so long is no longer named.
FORGOTTEN_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who has the screen. `key` tells them from everybody else; a screen on a wall is nobody's: `role` is kiosk."""

    key: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Watching:
    """When a watcher's screen last showed a home; `attended`: a person had touched it not long before."""

    watcher: Watcher
    at_s: float
    attended: bool


class WatchBoard:
    """What every screen of this process has said, by home."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[str, Watching]] = {}

    def note(self, watcher: Watcher, units: Iterable[str], now_s: float, *, attended: bool) -> None:
        """A screen shows these homes now. Of two screens of one person the attended one counts."""
        for unit in units:
            of_unit = self._seen.setdefault(unit, {})
            for key in [key for key, one in of_unit.items() if now_s - one.at_s > FORGOTTEN_S]:
                del of_unit[key]
            known = of_unit.get(watcher.key)
            if known is not None and known.attended and not attended and now_s - known.at_s < FORGOTTEN_S / 4:
                continue
            of_unit[watcher.key] = Watching(watcher, now_s, attended)

    def watching(self, unit: str, now_s: float) -> list[Watching]:
        """Whose screens have shown a home within the last minute: people first, then the latest."""
        found = [one for one in self._seen.get(unit, {}).values() if now_s - one.at_s <= FORGOTTEN_S]
        return sorted(found, key=lambda one: (not one.attended, -one.at_s, one.watcher.key))
