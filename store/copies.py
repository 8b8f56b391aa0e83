"""What is stored under numbers that came again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from store.machine_events import events_by_number
from store.pool import Connection
from store.reading_queries import StoredReading, readings_by_number
from telemetry.messages import Event

Key = tuple[int, str, int]
"""Unit id, epoch, seq."""

# A copy's time may have been corrected otherwise than the first one's: a little, or by a whole wrong clock.
_NEAR_US: Final = 120_000_000
_FAR_US: Final = 2 * 86_400_000_000
# Looking far is a walk through days of a unit's rows: so often at most for one handful, however mad a box is.
_FAR_LOOKS: Final = 4
_HOUR_US: Final = 3_600_000_000


def stored(conn: Connection, wanted: Sequence[tuple[Key, int]]) -> dict[Key, StoredReading | Event]:
    """The readings and events of these numbers; the times beside them say about when to look.

    One whose time is days from the first one's, or that would need too much searching, is not found.
    """
    found: dict[Key, StoredReading | Event] = {}
    for place, numbered in _places(wanted).items():
        _look(conn, place, numbered, _NEAR_US, found)
    lacking = [(key, time_us) for key, time_us in wanted if key not in found]
    for place, numbered in list(_places(lacking).items())[:_FAR_LOOKS]:
        _look(conn, place, numbered, _FAR_US, found)
    return found


_Place = tuple[int, str, int]


def _places(wanted: Sequence[tuple[Key, int]]) -> dict[_Place, list[tuple[int, int]]]:
    """Numbers and times by unit, epoch and hour: one absurd time must not make all of history be searched."""
    groups: defaultdict[_Place, list[tuple[int, int]]] = defaultdict(list)
    for (unit_id, epoch, seq), time_us in wanted:
        groups[unit_id, epoch, time_us // _HOUR_US].append((seq, time_us))
    return groups


def _look(
    conn: Connection,
    place: _Place,
    numbered: Sequence[tuple[int, int]],
    margin_us: int,
    found: dict[Key, StoredReading | Event],
) -> None:
    unit_id, epoch, _ = place
    seqs, times = [seq for seq, _ in numbered], [time_us for _, time_us in numbered]
    span = (min(times) - margin_us, max(times) + margin_us)
    for reading in readings_by_number(conn, unit_id, epoch, seqs, span):
        found[unit_id, epoch, reading.seq] = reading
    for event in events_by_number(conn, unit_id, epoch, seqs, span):
        found[unit_id, epoch, event.seq] = event
