"""Marks live frames while nothing can be saved: since when, and every alert of the shard that changed. Pure.

A frame replaces the one before it, so each carries the whole list, and one more goes out for a shard that has an alert
and nothing else to say. Of a longer list each carries the head and a piece of the rest, in turn. The first frames after
it carry none: then everything is on record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from telemetry import topics
from telemetry.messages import SCHEMA_VERSION, LiveFrame, UnsavedAlert

EVERY_S: Final = 1.0
# Some 30 kB, so that with a hundred readings a frame stays below the broker's limit of 128 KiB. Of more the highest and
# newest are in every frame, the others in one after the other: with a region's internet a whole shard falls silent.
MAX_ALERTS: Final = 60
ALWAYS: Final = 30

_SHARD: Final = {topics.live(shard): shard for shard in range(topics.SHARDS)}

Frames = list[tuple[str, LiveFrame]]


class UnsavedFrames:
    """What the screens have been told last of every shard."""

    def __init__(self) -> None:
        self._told_s: dict[int, float] = {}
        self._next: dict[int, int] = {}  # where the rest of a shard's list goes on

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
            marked.append((topic, self._marked(frame, shard, alerts(shard), since_us)))
            self._told_s[shard] = now_s
        for shard in shards:
            if now_s - self._told_s.get(shard, float("-inf")) >= EVERY_S:
                frame = LiveFrame(SCHEMA_VERSION, now_us)
                marked.append((topics.live(shard), self._marked(frame, shard, alerts(shard), since_us)))
                self._told_s[shard] = now_s
        return marked

    def clear(self, now_us: int) -> Frames:
        """A frame for every shard that was marked: nothing of it is unsaved any more."""
        shards, self._told_s, self._next = sorted(self._told_s), {}, {}
        return [(topics.live(shard), LiveFrame(SCHEMA_VERSION, now_us)) for shard in shards]

    def _marked(self, frame: LiveFrame, shard: int, alerts: list[UnsavedAlert], since_us: int) -> LiveFrame:
        left_out = max(0, len(alerts) - MAX_ALERTS)
        if left_out:
            head, rest = alerts[:ALWAYS], alerts[ALWAYS:]
            at = self._next.get(shard, 0) % len(rest)
            alerts = head + (rest[at:] + rest[:at])[: MAX_ALERTS - ALWAYS]
            self._next[shard] = at + MAX_ALERTS - ALWAYS
        return msgspec.structs.replace(frame, unsaved_since_us=since_us, unsaved=alerts, unsaved_left_out=left_out)
