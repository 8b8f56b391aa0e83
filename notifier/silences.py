"""Silent homes: what is known of each, for whoever decides about alerts of silence, and as troubles for technicians.

Clinicians are asked by the alert itself (R33, `alerts.routing`). What has to be mended is a notice of its own for the
technician, of the home's link, its box or the link to its machine: while a treatment is silent one that asks, between
treatments one on the work list.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from alerts import silence
from alerts.silence import Box, Silence, TreatmentEnd
from notifier.troubles import Trouble, standing
from store import silences
from store.pool import Connection
from store.silences import SilenceRow, SilentHome
from telemetry.alarms import ConditionState, Priority
from telemetry.messages import MachineLink
from telemetry.rota import Audience
from telemetry.treatment import EndKnown

# Between treatments nobody is at risk: routers restart, and people pull plugs to clean (a design default of ours).
AWAY_US: Final = 15 * 60 * 1_000_000
CAUSES: Final = tuple(str(what) for what in Silence)
_TO_DO: Final = {
    Silence.LINK: "Call the home about router and power; the box sends what it kept once it is back",
    Silence.BOX: "See `homehd doctor edge` on the box, or have it switched off and on",
    Silence.MACHINE: "Have the cable between box and machine looked at",
}


def troubles(conn: Connection, rules: Collection[str], now_us: int, *, hears: bool) -> list[Trouble]:
    """What technicians have to know of silent homes. `rules`: those about silence. `hears`: our own servers hear homes.

    While they do not, nothing is known of any home: what stands goes on standing.
    """
    if not hears:
        return standing(conn, CAUSES)
    homes = silences.silent_homes(conn, rules, now_us, now_us - AWAY_US)
    return [one for home in homes if (one := _trouble(home, now_us)) is not None]


def _trouble(home: SilentHome, now_us: int) -> Trouble | None:
    treated = _is_treated(home)
    if not treated and (home.known.online is not False or now_us - (home.known.since_us or 0) < AWAY_US):
        return None
    found = silence.known(box_of(home.known), now_us)
    priority = Priority.MEDIUM if treated else Priority.LOW
    when = "silent in a treatment; the clinic is asked, too" if treated else "between treatments"
    reason = f"{found.words} ({when}). {_TO_DO[found.what]}"
    return Trouble(found.what, f"unit {home.unit}", home.clinic_id, Audience.TECHNICAL, priority, reason)


def _is_treated(home: SilentHome) -> bool:
    if home.alert_since_us is None:
        return False
    end = end_of(home.known)
    seen = home.alert_state == ConditionState.ACTIVE_ACKNOWLEDGED
    return not silence.nobody_treated(end, home.alert_since_us, seen=seen)


def box_of(row: SilenceRow) -> Box:
    """What is stored of a box, for `alerts.silence`."""
    if row.online is None:
        return Box()
    try:
        machine = MachineLink(row.machine or "")
    except ValueError:  # a word of a box that is newer than we are
        machine = MachineLink.DISCONNECTED
    return Box(
        row.online, row.since_us or 0, row.heard_us, row.sent_us or 0, row.data_us, machine, bool(row.troubled)
    )  # fmt: skip


def end_of(row: SilenceRow) -> TreatmentEnd | None:
    """The newest treatment where it has ended."""
    if row.started_us is None or row.ended_us is None or row.end_known is None:
        return None
    return TreatmentEnd(row.started_us, row.ended_us, EndKnown(row.end_known))
