"""Marks live frames while nothing can be saved: since when, and every alert of the shard that changed. Pure.

A frame replaces the one before it, so each carries the whole list, and one more goes out for a shard that has an alert
and nothing else to say. The first frames after it carry none: then everything is on record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from telemetry import topics
from telemetry.messages import SCHEMA_VERSION, LiveFrame, UnsavedAlert

EVERY_S: Final = 1.0
# Some 30 kB, so that with a hundred readings a frame stays below the broker's limit of 128 KiB. Beyond it the lowest
# and oldest are left out: with so many alerts on one shard at once it is not they that are looked at.
MAX_ALERTS: Final = 60

_SHARD: Final = {topics.live(shard): shard for shard in range(topics.SHARDS)}

Frames = list[tuple[str, LiveFrame]]


class UnsavedFrames:
    """What the screens have been told last of every shard."""

    def __init__(self) -> None:
        self._told_s: dict[int, float] = {}

    def mark(
        self,
        frames: Frames,
        shards: Sequence[int],
        alerts: Callable[[int], list[UnsavedAlert]],
        since_us: int,
        now_s: float,
        now_us: int,
    ) -> Frames:
        """The same frames with the marks, and those that are due besides.

        `shards`: those with unsaved alerts. `alerts` gives a shard's, the most important first. `since_us`: since when
        nothing was saved.
        """
        marked: Frames = []
        for topic, frame in frames:
            shard = _SHARD[topic]
            mine = alerts(shard)[:MAX_ALERTS]
            marked.append((topic, msgspec.structs.replace(frame, unsaved_since_us=since_us, unsaved=mine)))
            self._told_s[shard] = now_s
        for shard in shards:
            if now_s - self._told_s.get(shard, float("-inf")) >= EVERY_S:
                mine = alerts(shard)[:MAX_ALERTS]
                frame = LiveFrame(SCHEMA_VERSION, now_us, unsaved_since_us=since_us, unsaved=mine)
                marked.append((topics.live(shard), frame))
                self._told_s[shard] = now_s
        return marked

    def clear(self, now_us: int) -> Frames:
        """A frame for every shard that was marked: nothing of it is unsaved any more."""
        shards, self._told_s = sorted(self._told_s), {}
        return [(topics.live(shard), LiveFrame(SCHEMA_VERSION, now_us)) for shard in shards]
