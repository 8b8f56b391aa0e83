"""Why a home is not heard, as far as it is known here: whose silence it is, and whose task. Pure: times are handed in.

Four silences have four owners: a treatment that has ended is nobody's, a lost link of the home and a box that stands
still are the technician's (and while somebody is treated the clinicians' all the same: they call the home), our own
servers' silence is for operations (`alerts.routing`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from telemetry.messages import MachineLink
from telemetry.treatment import EndKnown

# A broker gives out a last will at once when a connection is closed, as a program's end closes it; when a line goes
# dead, one and a half keep-alives later: 7.5 s at the least (`edge_agent.config`), 30 s by default.
CLOSED_WITHIN_US: Final = 5_000_000
# What a box says of itself as it stops is as old as its way here; a last will was written when the connection began.
SAID_WITHIN_US: Final = 5_000_000
# A box says how it is every 30 s: half as long again, for a slow line.
HEARD_WITHIN_US: Final = 45_000_000


class Silence(StrEnum):
    """What is silent: the cause of a technical notice."""

    LINK = "home link"  # nothing comes from the home: its internet or its power
    BOX = "box"  # the line was there, the box or its program is not
    MACHINE = "machine link"  # the box is heard, and does not hear the machine


@dataclass(frozen=True, slots=True)
class Box:
    """What is known of a box. All times are microseconds since 1970 UTC.

    Attributes:
        online: as it, or its last will, said last. None: it has never said anything.
        since_us: when that, or `machine`, last changed. heard_us: when it last spoke, its last will included.
        sent_us: by its own clock, when what it said last was written. data_us: of its newest reading before that.
        troubled: it tells of trouble of its own: a full disk, say.
    """

    online: bool | None = None
    since_us: int = 0
    heard_us: int | None = None
    sent_us: int = 0
    data_us: int | None = None
    machine: MachineLink = MachineLink.DISCONNECTED
    troubled: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What is silent, and how that is known, as a sentence that says nothing about a patient."""

    what: Silence
    words: str


_MACHINE: Final = {
    MachineLink.DISCONNECTED: "the box is heard, and its machine is not connected",
    MachineLink.SILENT: "the box is heard, and its machine does not answer",
    MachineLink.GARBLED: "the box is heard, and what its machine sends cannot be read",
}


def known(box: Box, now_us: int) -> Known:
    """What is known of a home from which no readings come."""
    if box.online is None:
        return Known(Silence.BOX, "the box has never said anything")
    if not box.online:
        return _offline(box)
    if box.heard_us is None or now_us - box.heard_us > HEARD_WITHIN_US:
        return Known(Silence.LINK, "nothing comes from the home, and the broker has not said why yet")
    if box.machine is not MachineLink.CONNECTED:
        return Known(Silence.MACHINE, _MACHINE[box.machine])
    if box.troubled:
        return Known(Silence.BOX, "the box is heard, and tells of trouble of its own")
    return Known(Silence.BOX, "the box is heard and hears its machine, and no readings come")


def _offline(box: Box) -> Known:
    if abs(box.since_us - box.sent_us) <= SAID_WITHIN_US:
        return Known(Silence.BOX, "the box's program was stopped in order, and has not come back")
    if box.data_us is not None and box.since_us - box.data_us <= CLOSED_WITHIN_US:
        return Known(Silence.BOX, "the box's connection was closed while its line was there: the box or its program")
    return Known(Silence.LINK, "nothing comes from the home: its internet or its power, or the box hangs")


@dataclass(frozen=True, slots=True)
class TreatmentEnd:
    """The newest treatment of a unit, which has ended (microseconds since 1970 UTC)."""

    started_us: int
    ended_us: int
    how: EndKnown


# From the last reading to the first level of R33, and some time for what is stored of phases.
_MARGIN_US: Final = 300_000_000
_SEEN_TO_END: Final = frozenset({EndKnown.MACHINE, EndKnown.DERIVED})


def nobody_treated(end: TreatmentEnd | None, since_us: int, *, seen: bool) -> str:
    """Why a silence that began at `since_us` is not one of somebody on the machine; empty where it may be.

    An end that was seen in the machine's phases counts. One that is only inferred (the machine lost for long, no word
    for many hours) counts where a person has acknowledged the silence: `seen`.
    """
    if end is None or end.started_us > since_us or end.ended_us < since_us - _MARGIN_US:
        return ""
    if end.how in _SEEN_TO_END:
        return f"the treatment has ended ({end.how}): nobody is on the machine, and silence is nobody's task"
    if seen and end.how is not EndKnown.NEXT_BEGAN:
        return f"the treatment is taken to be over ({end.how}), and a person has seen the silence"
    return ""
