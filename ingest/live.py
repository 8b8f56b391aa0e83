"""Live frames: the newest committed values per unit, coalesced per shard, with a heartbeat. Pure: time is handed in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from telemetry import topics
from telemetry.messages import SCHEMA_VERSION, LiveFrame, LiveReading, Status

# At most five frames a second and shard: a screen shows no more, and the frame is read by every API process.
EVERY_S: Final = 0.2
HEARTBEAT_S: Final = 1.0
# A frame stays far below every broker's message limit, and the readers' latency stays small.
MAX_UNITS: Final = 100


class _Shard:
    __slots__ = ("readings", "sent_s", "statuses")

    def __init__(self) -> None:
        self.readings: dict[str, LiveReading] = {}
        self.statuses: dict[str, Status] = {}
        self.sent_s = float("-inf")


class LiveBook:
    """What the screens have not been told yet."""

    def __init__(self) -> None:
        self._shards: dict[int, _Shard] = {}
        self._beat_s = float("-inf")

    def reading(self, shard: int, reading: LiveReading) -> None:
        """A unit's newest values; they replace older ones that were not sent yet."""
        self._shard(shard).readings[reading.unit] = reading

    def status(self, shard: int, status: Status) -> None:
        """A unit's newest status."""
        self._shard(shard).statuses[status.unit] = status

    def forget_readings(self) -> None:
        """Tell nobody of the readings noted so far."""
        for shard in self._shards.values():
            shard.readings = {}

    def due(self, now_s: float, now_us: int, owned: Iterable[int]) -> list[tuple[str, LiveFrame]]:
        """Topics and frames to send now; once a second an empty one on the lowest owned shard: we are alive."""
        frames = []
        for number, shard in self._shards.items():
            if (shard.readings or shard.statuses) and now_s - shard.sent_s >= EVERY_S:
                frames += _frames(number, shard, now_us)
                shard.sent_s = now_s
        lowest = min(owned, default=None)
        if lowest is not None and now_s - self._beat_s >= HEARTBEAT_S:
            self._beat_s = now_s
            frames.append((topics.live(lowest), LiveFrame(SCHEMA_VERSION, now_us)))
        return frames

    def _shard(self, number: int) -> _Shard:
        return self._shards.setdefault(number, _Shard())


def _frames(number: int, shard: _Shard, now_us: int) -> list[tuple[str, LiveFrame]]:
    readings, statuses = list(shard.readings.values()), list(shard.statuses.values())
    shard.readings, shard.statuses = {}, {}
    pieces = range(0, max(len(readings), len(statuses)), MAX_UNITS)
    return [
        (
            topics.live(number),
            LiveFrame(SCHEMA_VERSION, now_us, readings[at : at + MAX_UNITS], statuses[at : at + MAX_UNITS]),
        )
        for at in pieces
    ]
