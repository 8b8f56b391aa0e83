"""The room: what is so now, of every unit, as far as this process has been told. No I/O, no clock, no threads.

Everything carries the version at which it last changed: `clinician_api.live.hub` tells each screen what it lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from clinician_api.access import Action, Scope
from clinician_api.alerting.alert_views import without_findings, without_words
from clinician_api.live.alert_board import AlertBoard, lasts
from clinician_api.live.duty_board import DutyBoard
from clinician_api.live.sparks import Sparks
from clinician_api.live.unsaved import Saving, UnsavedBook
from clinician_api.live.views import View, age_s, moment, reading, status
from clinician_api.people.whose import Shown, Whose
from clinician_api.teams.sight import Glass
from evaluation.links import LinkTrouble
from telemetry.messages import Flag, LiveReading, Status

LINKS: Final = ("ingest", "live_feed", "alert_feed")


@dataclass(frozen=True, slots=True)
class Entry:
    """A unit as the registry has it."""

    unit_id: int
    unit: str
    label: str
    clinic_id: int | None
    clinic: str | None
    patient: str | None
    patient_id: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A view and the version at which it changed; the times are a reading's."""

    version: int
    view: View
    time_us: int = 0
    received_us: int = 0


@dataclass(frozen=True, slots=True)
class _Link:
    trouble: LinkTrouble | None
    since_us: int


class Room:
    """All units, alerts, links. `version` grows with every change, `generation` when all must be told anew."""

    def __init__(self, now_us: int) -> None:
        self.version = 0
        self.generation = 0
        self.links_version = 0
        self.readings: dict[str, Told] = {}
        self.statuses: dict[str, Told] = {}
        self.not_evaluated: dict[str, Told] = {}
        self.alerts = AlertBoard(self._touch)
        self.duty = DutyBoard(self._touch)
        self.unsaved = UnsavedBook()
        self.sparks = Sparks()
        self._entries: dict[str, Entry] = {}
        # Until the feeds report, nothing is known to work.
        self._links = {name: _Link(LinkTrouble.SILENT, now_us) for name in LINKS}

    def set_directory(self, entries: Iterable[Entry]) -> None:
        """All units there are; when anything differs every subscriber gets a new snapshot."""
        new = {entry.unit: entry for entry in entries}
        if new == self._entries:
            return
        self._entries = new
        for held in (self.readings, self.statuses, self.not_evaluated):
            for gone in held.keys() - new.keys():
                del held[gone]
        self.sparks.keep(new)
        self.resynchronise()

    def resynchronise(self) -> None:
        """Every subscriber's next message is a snapshot."""
        self.generation += 1
        self._touch()

    def put_reading(self, live: LiveReading) -> bool:
        """A newly committed reading; False when it is of no known unit or does not replace the one held."""
        held = self.readings.get(live.unit)
        if live.unit not in self._entries or (held is not None and not _replaces(live, held)):
            return False
        self.readings[live.unit] = Told(self._touch(), reading(live), live.time_us, live.received_us)
        self.sparks.put_reading(live)
        return True

    def put_heard(self, heard: Status, heard_us: int) -> None:
        """A status as it came; it counts as `since` then, unless the held one said the same.

        A live frame does not tell whether the box spoke or the broker remembered: `heard_at` is the store's to say.
        """
        held = self.statuses.get(heard.unit)
        view = status(heard, heard_us, None)
        if held is not None:
            view["heard_at"] = held.view["heard_at"]
            if _same_state(held.view, view):
                view["since"] = held.view["since"]
        self._put(self.statuses, heard.unit, view, heard_us)

    def put_stored_status(self, view: View, heard_us: int) -> None:
        """A `UnitStatus` from the store: newer than the one held, or the same with a better `since` and `heard_at`."""
        held = self.statuses.get(view["unit"])
        if held is None or heard_us > held.received_us:
            self._put(self.statuses, view["unit"], view, heard_us)
            return
        better = {"heard_at": view["heard_at"]}
        if _same_state(held.view, view):
            better["since"] = view["since"]
        self._put(self.statuses, view["unit"], {**held.view, **better}, held.received_us)

    def put_not_evaluated(self, unit: str, rules: list[View]) -> None:
        """All rules of a unit that have no valid input."""
        if rules or unit in self.not_evaluated:
            self._put(self.not_evaluated, unit, {"rules": rules})

    def put_saving(self, shard: int, said: Saving, title: Callable[[str], str], now_s: float) -> None:
        """What a shard's newest frame says of what is not saved; `title` names a rule."""
        self.alerts.put_unsaved(self.unsaved.hear(shard, said, title, now_s))

    def take_back(self, now_s: float) -> None:
        """Forget alerts that ended before anything could be saved of them."""
        self.alerts.forget_unsaved(self.unsaved.taken_back(now_s))

    def settle(self, looked_s: float, *, works: bool) -> None:
        """The store was looked at, beginning then, and its open alerts were put: what was saved before is on record.

        `works`: whether ingest is well by the store's word.
        """
        self.alerts.forget_unsaved(self.unsaved.settle(looked_s, works=works))

    def set_link(self, name: str, trouble: LinkTrouble | None, since_us: int) -> bool:
        """What is the matter with one of LINKS (None: it works), and since when; True when that is a change."""
        before = self._links[name]
        # Another reason is no new beginning.
        if before.trouble is not None and trouble is not None:
            since_us = min(before.since_us, since_us)
        if before.trouble == trouble and (trouble is None or before.since_us == since_us):
            return False
        self._links[name] = _Link(trouble, since_us)
        self.links_version = self._touch()
        return True

    def is_alive(self, name: str) -> bool:
        """Whether one of LINKS works."""
        return self._links[name].trouble is None

    def all_alive(self) -> bool:
        """Whether every link works."""
        return all(link.trouble is None for link in self._links.values())

    def names(self) -> dict[int, str]:
        """Number of a unit in the store -> its id on the wire."""
        return {entry.unit_id: entry.unit for entry in self._entries.values()}

    def entry(self, scope: Scope, unit: str) -> Entry | None:
        """The unit, if there is one and the scope sees its clinic, or whom it serves."""
        found = self._entries.get(unit)
        return found if found is not None and scope.sees(found.clinic_id, found.patient_id) else None

    def sees(self, scope: Scope, unit: str, whose: Whose) -> bool:
        """Whether the scope sees what is this patient's of a unit; of whom it serves, or of nobody: as it sees that."""
        entry = self._entries.get(unit)
        if whose.patient_id is None or (entry is not None and entry.patient_id == whose.patient_id):
            return self.entry(scope, unit) is not None
        return scope.sees(whose.clinic_id, whose.patient_id)

    def shows(self, scope: Scope, unit: str, whose: Whose, *, lasting: bool) -> Shown:
        """How much of an alert or a notice of a unit. What lasts is the business of whom the unit serves now, too."""
        if self.sees(scope, unit, whose):
            return Shown.WHOLE
        return Shown.BARE if lasting and self.entry(scope, unit) is not None else Shown.NOTHING

    def alert_for(self, scope: Scope, view: View, whose: Whose) -> View | None:
        """An `AlertView`, less what the scope may not see; None when it may not see the alert."""
        shown = self.shows(scope, view["unit"], whose, lasting=lasts(view))
        if shown is Shown.NOTHING:
            return None
        if shown is Shown.BARE:
            return without_findings(view)
        return view if scope.may(Action.SEE_PATIENTS) else without_words(view)

    def units(self, scope: Scope, only: frozenset[str] | None = None) -> list[str]:
        """The units of a scope, in order of their ids; only those in `only` where it is given."""
        wanted = sorted(self._entries if only is None else only & self._entries.keys())
        return [unit for unit in wanted if self.entry(scope, unit)]

    def covers(self, screen: Scope, scope: Scope) -> bool:
        """Whether a screen shows alerts of every home that the scope sees of the clinics which the screen shows.

        One that shows another team's, or some of these only, would be silent for the others.
        """
        if not (screen.all_clinics or scope.sees_clinic(screen.clinic_id)):
            return False
        own = (one for one in self._entries.values() if screen.sees_clinic(one.clinic_id))
        return screen.may(Action.SEE_ALERTS) and all(
            screen.sees(one.clinic_id, one.patient_id) for one in own if scope.sees(one.clinic_id, one.patient_id)
        )

    def unit_of(self, patient_id: int) -> str | None:
        """The unit that serves a patient now, if any."""
        return next((one.unit for one in self._entries.values() if one.patient_id == patient_id), None)

    def unit_view(self, scope: Scope, unit: str, now_us: int) -> View | None:
        """A `UnitView`, less what the role may not see; None when it may not see the unit."""
        entry = self.entry(scope, unit)
        if entry is None:
            return None
        named = scope.may(Action.SEE_PATIENTS) and entry.patient is not None
        may_read = scope.may(Action.SEE_READINGS)
        heard, rules, held = self.statuses.get(unit), self.not_evaluated.get(unit), self.readings.get(unit)
        return {
            "unit": unit,
            "label": entry.label,
            "patient": {"name": entry.patient} if named else None,
            "opened": _opened(scope.sight.glass(entry.patient_id)),
            "clinic": entry.clinic,
            "status": heard.view if heard else None,
            "reading": aged(held, now_us) if held and may_read else None,
            "spark": self.sparks.view(unit) if may_read else None,
            "not_evaluated": rules.view["rules"] if rules and may_read else [],
        }

    def open_alerts(self, scope: Scope, only: frozenset[str] | None = None) -> list[View]:
        """Open alerts of a scope, as `AlertView`s."""
        if not scope.may(Action.SEE_ALERTS):
            return []
        wanted = (view for view in self.alerts.open_views() if only is None or view["unit"] in only)
        found = (self.alert_for(scope, view, self.alerts.whose(view["alert_id"])) for view in wanted)
        return [view for view in found if view is not None]

    def links(self) -> View:
        """The state of every link."""
        return {
            name: {"alive": link.trouble is None, "since": moment(link.since_us), "reason": link.trouble}
            for name, link in self._links.items()
        }

    def _put(self, held: dict[str, Told], unit: str, view: View, received_us: int = 0) -> None:
        if unit not in self._entries:
            return
        same = unit in held and held[unit].view == view
        held[unit] = Told(held[unit].version if same else self._touch(), view, received_us=received_us)

    def _touch(self) -> int:
        self.version += 1
        return self.version


def aged(told: Told, now_us: int) -> View:
    """A reading with its age now."""
    return {**told.view, "age_s": age_s(now_us, told.time_us, told.received_us)}


def _opened(glass: Glass | None) -> View | None:
    return None if glass is None else {"glass_id": str(glass.glass_id), "until": moment(glass.until_us)}


def _same_state(one: View, other: View) -> bool:
    return bool(one["online"] == other["online"] and one["machine"] == other["machine"])


def _replaces(live: LiveReading, held: Told) -> bool:
    # Late data fills history; on a screen only the newest counts. Otherwise what was received last is what is so, also
    # when a clock was set back in between.
    if live.flags & Flag.LATE or live.received_us < held.received_us:
        return live.time_us > held.time_us and live.received_us >= held.received_us
    return (live.time_us, live.received_us) != (held.time_us, held.received_us)
