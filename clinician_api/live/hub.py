"""The live hub: what each screen has not been told yet. No I/O, no clock, no threads.

A subscriber remembers the version it was brought up to, so its mailbox is the difference to the room: the newest value
per unit however far it fell behind, at no memory of its own. Alerts are told in order from one ring; a subscriber that
fell out of it gets a new snapshot, which holds every open alert. Subscribers of equal scope and subscription share the
same serialised frames.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec

from clinician_api.access import Action, Scope
from clinician_api.alerting.alert_views import without_findings, without_words
from clinician_api.live.alert_board import ToldAlert, lasts
from clinician_api.live.room import Room, Told, aged
from clinician_api.live.views import View, moment
from clinician_api.people.whose import Shown
from telemetry.alarms import ConditionState

SHARED_FOR_US: Final = 250_000
MAX_CACHED: Final = 1000  # laggards, each at a place of its own
_encode: Final = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Subscriber:
    """One screen's place in the stream.

    Attributes:
        units: the units asked for, or None for all that the scope allows.
        generation, version, alert: what it has been told; generation −1 before its snapshot.
        told_s: monotonic time at which a message with the links' state last went out.
        watched: the units whose values are told, or None for all. anew: all of these are to be told.
    """

    scope: Scope
    units: frozenset[str] | None
    generation: int = -1
    version: int = 0
    alert: int = 0
    told_s: float = 0.0
    watched: frozenset[str] | None = None
    anew: bool = False

    def watch(self, units: frozenset[str] | None) -> None:
        """Values of these units only from now on, of each the newest whatever was told before; None: of all."""
        self.watched, self.anew = units, True

    def wants(self, unit: str) -> bool:
        """Whether the unit is in its subscription; the scope is another question."""
        return self.units is None or unit in self.units


class Hub:
    """Serialised messages for subscribers. What was put into the room becomes visible with `publish`."""

    def __init__(self, room: Room, heartbeat_s: float) -> None:
        self.room = room
        self._heartbeat_s = heartbeat_s
        self._version, self._alert, self._generation = room.version, room.alerts.last, room.generation
        self._cache: dict[Hashable, str | None] = {}

    def publish(self) -> bool:
        """Make everything put so far visible to `frames`; True when there was something new."""
        if self._version == self.room.version:
            return False
        self._version, self._alert = self.room.version, self.room.alerts.last
        self._generation = self.room.generation
        self._cache.clear()
        return True

    def heartbeat_due_s(self, subscriber: Subscriber, now_s: float) -> float:
        """Seconds until the subscriber must hear of us even if nothing changes; 0 when it must now."""
        return max(0.0, subscriber.told_s + self._heartbeat_s - now_s)

    def frames(self, subscriber: Subscriber, now_us: int, now_s: float) -> list[str]:
        """The messages that bring a subscriber up to date, in order; from then on it counts as told."""
        ring = self.room.alerts.ring
        fell_out = bool(ring) and subscriber.alert + 1 < ring[0].number
        if subscriber.generation != self._generation or fell_out:
            place: Hashable = ("snapshot", subscriber.scope, subscriber.units)
            frames = [self._shared(place, now_us, lambda: self._snapshot(subscriber, now_us))]
            subscriber.told_s = now_s
        else:
            frames = self._deltas(subscriber, now_us, now_s)
        subscriber.generation, subscriber.version = self._generation, self._version
        subscriber.alert, subscriber.anew = self._alert, False
        return [frame for frame in frames if frame is not None]

    def _deltas(self, subscriber: Subscriber, now_us: int, now_s: float) -> list[str | None]:
        place = (subscriber.scope, subscriber.units, subscriber.version, subscriber.alert)
        frames: list[str | None] = []
        # Mostly there is none: the ring is not walked for each of hundreds of screens ten times a second.
        if subscriber.alert < self._alert and subscriber.scope.may(Action.SEE_ALERTS):
            frames += [
                self._told(subscriber, told, now_us)
                for told in self.room.alerts.ring
                if subscriber.alert < told.number <= self._alert and subscriber.wants(told.view["unit"])
            ]
        if subscriber.scope.may(Action.SEE_READINGS):
            of = ("readings", place, subscriber.watched, subscriber.anew)
            frames.append(self._shared(of, now_us, lambda: self._readings(subscriber, now_us)))
        status = self._shared(("status", place), now_us, lambda: self._status(subscriber, now_us, force=False))
        if status is None and self.heartbeat_due_s(subscriber, now_s) == 0:
            status = self._shared(("heartbeat", place), now_us, lambda: self._status(subscriber, now_us, force=True))
        if status is not None:
            subscriber.told_s = now_s
        return [*frames, status]

    def _told(self, subscriber: Subscriber, told: ToldAlert, now_us: int) -> str | None:
        named = subscriber.scope.may(Action.SEE_PATIENTS)
        # Who was told that it lasts, and no more, is told that it does not any more.
        lasting = lasts(told.view) or told.lasted
        shown = self.room.shows(subscriber.scope, told.view["unit"], told.whose, lasting=lasting)
        if shown is Shown.NOTHING:
            return None
        place = ("alert", told.number, named, shown)
        return self._shared(place, now_us, partial(_alert, told, now_us, named=named, shown=shown))

    def _shared(self, key: Hashable, now_us: int, build: Callable[[], View | None]) -> str | None:
        # Frames tell the time and ages: one is shared for a quarter of a second, then made anew.
        key = (key, now_us // SHARED_FOR_US)
        if key not in self._cache:
            if len(self._cache) >= MAX_CACHED:
                self._cache.clear()
            view = build()
            self._cache[key] = None if view is None else _encode(view).decode()
        return self._cache[key]

    def _snapshot(self, subscriber: Subscriber, now_us: int) -> View:
        scope, only = subscriber.scope, subscriber.units
        return {
            "type": "snapshot",
            "server_time": moment(now_us),
            "units": [self.room.unit_view(scope, unit, now_us) for unit in self.room.units(scope, only)],
            "alerts": self.room.open_alerts(scope, only),
            **self.room.links(),
            "duty": self.room.duty.view(scope),
        }

    def _readings(self, subscriber: Subscriber, now_us: int) -> View | None:
        only, since = subscriber.watched, 0 if subscriber.anew else subscriber.version
        held = self.room.readings
        if only is not None:
            held = {unit: held[unit] for unit in only if unit in held}
        changed = [aged(told, now_us) for told in self._changed(subscriber, held, since).values()]
        if not changed:
            return None
        return {"type": "readings", "server_time": moment(now_us), "readings": changed}

    def _status(self, subscriber: Subscriber, now_us: int, *, force: bool) -> View | None:
        statuses = self._changed(subscriber, self.room.statuses)
        may_read = subscriber.scope.may(Action.SEE_READINGS)
        rules = self._changed(subscriber, self.room.not_evaluated) if may_read else {}
        links = subscriber.version < self.room.links_version <= self._version
        duty = subscriber.version < self.room.duty.version <= self._version
        if not (statuses or rules or links or duty or force):
            return None
        return {
            "type": "status",
            "server_time": moment(now_us),
            "statuses": [told.view for told in statuses.values()],
            "not_evaluated": {unit: told.view["rules"] for unit, told in rules.items()},
            **self.room.links(),
            "duty": self.room.duty.view(subscriber.scope) if duty else None,
        }

    def _changed(self, subscriber: Subscriber, held: dict[str, Told], since: int | None = None) -> dict[str, Told]:
        told_before = subscriber.version if since is None else since
        return {
            unit: told
            for unit, told in held.items()
            if told_before < told.version <= self._version and self._sees(subscriber, unit)
        }

    def _sees(self, subscriber: Subscriber, unit: str) -> bool:
        return subscriber.wants(unit) and self.room.entry(subscriber.scope, unit) is not None


def _alert(told: ToldAlert, now_us: int, *, named: bool, shown: Shown) -> View:
    view = told.view if named else without_words(told.view)
    if shown is Shown.BARE:
        view = without_findings(view if lasts(view) else {**view, "state": str(ConditionState.NORMAL)})
    return {"type": "alert", "server_time": moment(now_us), "alert": view, "replaces": told.replaces}
