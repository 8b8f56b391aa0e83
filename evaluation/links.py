"""Whether the parts behind a screen work, and why not. Pure: times are handed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from evaluation.pulse import Pulse
from store.heartbeat import Heartbeat
from telemetry import topics


class LinkTrouble(StrEnum):
    """Why a link does not work: different troubles, different words on the screen."""

    UNSAVED = "unsaved"  # the database takes nothing; readings and alerts come all the same, and are not saved
    SILENT = "silent"  # nothing is heard from it
    DATABASE = "database"  # the database does not answer, or takes nothing of what ingest has for it
    BROKER = "broker"  # ingest does not hear the homes, or some of them
    INCOMPLETE = "incomplete"  # some homes have no ingest
    SILENCE_NOT_JUDGED = "silence not judged"  # a home that falls silent raises no alert


@dataclass(frozen=True, slots=True)
class Beat:
    """The last sign of life of one ingest.

    Attributes:
        at_us: by its own clock.
        shards: how many it owns.
        stores: whether what it is sent can be stored.
        hears: whether the broker lets it hear the homes of its shards.
        judges_silence: whether its rules of absence run.
    """

    instance: str
    at_us: int
    shards: int
    hears: bool = True
    stores: bool = True
    judges_silence: bool = True


def beat_of(found: Heartbeat) -> Beat:
    """The sign of life of one ingest, as it wrote it (store.heartbeat)."""
    detail = found.detail
    return Beat(
        found.instance,
        found.at_us,
        detail.get("shards", 0),
        hears=not detail.get("broker"),
        stores=not detail.get("storing"),
        judges_silence=not detail.get("silence"),
    )


class IngestWatch:
    """Judges all ingests together: those that still stir must own every shard."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._pulses: dict[str, Pulse] = {}

    def look(self, beats: Sequence[Beat], now_us: int, now_s: float) -> LinkTrouble | None:
        """Take note of every ingest's last beat; None when all is well."""
        self._pulses = {beat.instance: self._pulses.get(beat.instance, Pulse(self._limit_s)) for beat in beats}
        # Every pulse is to see its beat.
        fresh = [beat for beat in beats if self._pulses[beat.instance].look(beat.at_us, now_us, now_s)]
        at_work = [beat for beat in fresh if beat.shards > 0]
        if not at_work:
            return LinkTrouble.SILENT
        if not all(beat.stores for beat in at_work):
            return LinkTrouble.DATABASE
        if not all(beat.hears for beat in at_work):
            return LinkTrouble.BROKER
        if sum(beat.shards for beat in at_work) < topics.SHARDS:
            return LinkTrouble.INCOMPLETE
        return None if all(beat.judges_silence for beat in at_work) else LinkTrouble.SILENCE_NOT_JUDGED
