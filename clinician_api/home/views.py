"""What the room and the store know to what the patient's page shows. Pure: the time is handed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from alerts.asked.ruleset import HELP
from clinician_api.access import Action, Scope
from clinician_api.home.watch_board import Watching
from clinician_api.live.room import Room
from clinician_api.live.views import View, microseconds, moment
from store.homes import Home
from store.machine_events import EventRow
from telemetry.alarms import EVENT_BY_NAME
from telemetry.messages import MachineLink
from telemetry.rota import Audience

# A box speaks every 30 s.
BOX_LIMIT_US: Final = 90_000_000
_SERVER: Final = ("ingest", "live_feed")


def own(scope: Scope) -> Scope:
    """The same, seeing of the patient's own treatment what the page shows of it."""
    return replace(scope, actions=scope.actions | {Action.SEE_ALERTS, Action.SEE_READINGS, Action.SEE_COVERAGE})


def home_view(
    home: Home, room: Room, scope: Scope, alarms: Sequence[EventRow], watching: Iterable[Watching],
    times: tuple[int, float],
) -> View:  # fmt: skip
    """A `Home` of an account that belongs to a patient; `times`: now in µs since 1970, and of the monotonic clock."""
    now_us, now_s = times
    unit = None if home.unit is None else room.unit_view(own(scope), home.unit, now_us)
    way, since = _way(room.links(), unit, now_us)
    reading = None if unit is None else unit["reading"]
    return {
        "server_time": moment(now_us), "connected": True, "patient": home.patient, "clinic": home.clinic,
        "phone": home.phone, "way": way, "way_since": since,
        "reading": None if reading is None else {key: reading[key] for key in ("time", "age_s", "phase", "values")},
        "alarms": [_alarm(one) for one in alarms],
        "alerts": [_alert(one) for one in room.open_alerts(own(scope), frozenset({home.unit} if home.unit else ()))],
        "watching": [_watcher(one, now_s) for one in watching],
        "on_call": _on_call(room, home.clinic_id),
    }  # fmt: skip


def nobodys(now_us: int) -> View:
    """A `Home` of an account that belongs to no patient."""
    return {
        "server_time": moment(now_us), "connected": False, "patient": None, "clinic": None, "phone": None,
        "way": "no unit", "way_since": None, "reading": None, "alarms": [], "alerts": [], "watching": [], "on_call": [],
    }  # fmt: skip


def _way(links: View, unit: View | None, now_us: int) -> tuple[str, str | None]:
    """How far what the machine sends gets, the part nearest to the clinic first."""
    if unit is None:
        return "no unit", None
    for name in _SERVER:
        if not links[name]["alive"]:
            return "server", links[name]["since"]
    status = unit["status"]
    heard_at = None if status is None else status["heard_at"]
    if status is None or heard_at is None or not status["online"]:
        return "box", None if status is None else status["since"]
    if now_us - microseconds(heard_at) > BOX_LIMIT_US:
        return "box", heard_at
    if status["machine"] != MachineLink.CONNECTED:
        return "machine", status["since"]
    return "working", status["since"]


def _alarm(row: EventRow) -> View:
    event = row.event
    known = EVENT_BY_NAME.get(event.name)
    return {"name": event.name, "label": known.label if known else event.name, "since": moment(event.time_us)}


def _alert(view: View) -> View:
    answer = view["answer"]
    accepted = None if answer is None else answer["accepted_by"]
    return {
        **{key: view[key] for key in ("alert_id", "rule", "title", "priority", "state", "since", "handled_at")},
        "help": view["rule"] == HELP, "answered_by": accepted or view["acknowledged_by"],
    }  # fmt: skip


def _watcher(one: Watching, now_s: float) -> View:
    who = one.watcher
    return {"name": who.name, "role": who.role, "attended": one.attended, "age_s": max(0.0, now_s - one.at_s)}


def _on_call(room: Room, clinic_id: int | None) -> list[str]:
    """Who would answer now, whoever is asked first at the front."""
    duty = room.duty.view(Scope(clinic_id, all_clinics=False, actions=frozenset({Action.SEE_COVERAGE})))
    lines = [
        line
        for clinic in duty["clinics"]
        for coverage in clinic["coverage"] if coverage["audience"] == Audience.CLINICAL
        for line in (coverage["primary"], coverage["backup"])
    ]  # fmt: skip
    return list(dict.fromkeys(line["person"] for line in lines if line and line["person"] and not line["why_not"]))
