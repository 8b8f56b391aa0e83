"""What the box said, as causes of gaps: links lost and found, rows that went for want of room, its own restarts. Pure.

The words are those of `docs/operations/edge.md`; a text that is not understood is no cause.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from clinician_api.treatments.gaps import Cause, Reason
from telemetry.messages import Event, EventKind, MachineLink, Status

FOREVER_US: Final = 2**62
# A box that is gone is noticed when its connection to the broker has been silent for one and a half keep-alives.
NOTICED_AFTER_US: Final = 120_000_000

_LINKS: Final = {
    MachineLink.SILENT.value: Reason.MACHINE_OFF,
    MachineLink.DISCONNECTED.value: Reason.LINK_DOWN,
    MachineLink.GARBLED.value: Reason.LINK_DOWN,
}
_WENT: Final = frozenset({"readings thinned", "readings dropped", "readings expired"})
_REFUSED: Final = frozenset({"rows refused", "row set aside"})
_BEFORE: Final = {
    "agent started": Reason.BOX_OFFLINE,
    "readings lost": Reason.LOST,
    "outbox quarantined": Reason.LOST,
}
_UTC: Final = r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"
_SPAN: Final = re.compile(rf"(\d+) rows of seq \d+–\d+, {_UTC} to {_UTC}", re.ASCII)
_SEQ: Final = re.compile(r"\d+ from seq (\d{1,18}):", re.ASCII)
_SECOND_US: Final = 1_000_000


def causes(events: Sequence[Event], status: Status | None, since_us: int, received_us: int) -> list[Cause]:
    """Everything that can explain a gap.

    `events` in order of time, of kinds link and agent. `status`: the box's last, which stands since `since_us` and was
    received at `received_us`.
    """
    found = [*_links(e for e in events if e.kind is EventKind.LINK), *_told(events)]
    if status is None:
        return found
    if not status.online:
        found.append(Cause(since_us - NOTICED_AFTER_US, FOREVER_US, Reason.BOX_OFFLINE))
    elif status.outbox_rows > 0 and status.outbox_oldest_us > 0:
        detail = f"{status.outbox_rows} rows wait in the box"
        found.append(Cause(status.outbox_oldest_us, received_us, Reason.NOT_RECEIVED, detail))
    return found


def thinned(events: Iterable[Event]) -> list[tuple[Cause, int]]:
    """Stretches of which rows went for want of room, and how many; some may have stayed."""
    found = []
    for event in events:
        match = _SPAN.match(event.text) if event.kind is EventKind.AGENT and event.name in _WENT else None
        if match is None:
            continue
        try:
            start_us, end_us = _moment_us(match[2]), _moment_us(match[3])
        except ValueError:
            continue
        # Whole seconds were told.
        cause = Cause(start_us, end_us + _SECOND_US, Reason.THINNED, f"{event.name}: {event.text}")
        found.append((cause, int(match[1])))
    return found


def _links(events: Iterable[Event]) -> list[Cause]:
    found: list[Cause] = []
    standing: dict[str, int] = {}
    for event in events:
        if event.name not in _LINKS:
            continue
        if event.active:
            standing.setdefault(event.name, event.time_us)
        else:
            # The beginning may lie before all that was read.
            began_us = standing.pop(event.name, -FOREVER_US)
            found.append(Cause(began_us, event.time_us, _LINKS[event.name], f"machine {event.name}"))
    found += [Cause(at, FOREVER_US, _LINKS[name], f"machine {name}") for name, at in standing.items()]
    return found


def _told(events: Sequence[Event]) -> list[Cause]:
    found = [cause for cause, _ in thinned(events)]
    last_us = -FOREVER_US
    for event in events:
        if event.kind is EventKind.AGENT and event.name in _BEFORE:
            # The box lived when it said something else, so it was gone only since then.
            detail = f"{event.name}: {event.text}"
            found.append(Cause(last_us, event.time_us, _BEFORE[event.name], detail, known_at_us=event.time_us))
        elif event.kind is EventKind.AGENT and event.name in _REFUSED and (match := _SEQ.match(event.text)):
            detail = f"{event.name}: {event.text}"
            found.append(Cause(-FOREVER_US, FOREVER_US, Reason.REJECTED, detail, seq=int(match[1])))
        last_us = event.time_us
    return found


def _moment_us(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()) * _SECOND_US
