"""What ingest could not save, shard by shard, as its live frames tell. Pure: times are handed in.

A frame replaces what the shard's one before said, but for what it says it had no room for. An alert that has gone from
it because all is saved is kept until the store has been looked at since: only then is what is on record known, and
nothing is shown twice or not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from clinician_api.live.views import View, unsaved_alert
from telemetry.messages import UnsavedAlert

Key = tuple[str, str]
"""Unit and rule."""

# A store that so long after all was saved does not answer, or does not say that ingest is well: then our way to it is
# broken, or there is another trouble.
SETTLE_S: Final = 15.0
# An alert that goes while its shard still saves nothing is over without having been on record. Just so long it is kept,
# because its shard's first commit may be a moment older than the word that all is saved.
TAKEN_BACK_S: Final = 2.0
# Of so many no frame that leaves any out is believed: four for each of 5 000 homes are held, and no more by an error.
MAX_HELD: Final = 20_000


@dataclass(frozen=True, slots=True)
class Saving:
    """What a shard's newest frame says of what could not be saved; microseconds since 1970, by ingest's clock.

    Attributes:
        at_us: time of the frame. since_us: since when nothing can be, 0 when all is saved.
        alerts: all that changed since, but for `left_out` of them, for which there was no room.
    """

    at_us: int
    since_us: int
    alerts: list[UnsavedAlert]
    left_out: int = 0

    def following(self, before: Saving) -> Saving:
        """This word, with what the one before it told and this one had no room for."""
        if not self.left_out:
            return self
        told = {(alert.unit, alert.rule): alert for alert in [*before.alerts, *self.alerts]}
        return replace(self, alerts=list(told.values()))


@dataclass(frozen=True, slots=True)
class _Word:
    """The last frame of a shard. `saved_s`: when it first said that all is saved again, None while it does not."""

    heard_s: float
    since_us: int
    saved_s: float | None = None


@dataclass(frozen=True, slots=True)
class _Held:
    """An alert as last told. `left_s`: when a frame first lacked it, None while it is told."""

    shard: int
    alert: UnsavedAlert
    left_s: float | None = None


class UnsavedBook:
    """All shards."""

    def __init__(self) -> None:
        self._words: dict[int, _Word] = {}
        self._held: dict[Key, _Held] = {}

    def hear(self, shard: int, said: Saving, title: Callable[[str], str], now_s: float) -> dict[Key, View]:
        """Take note of a frame; the alerts that are new or changed by it, as `AlertView`s. `title` names a rule."""
        self._words[shard] = self._word(shard, said.since_us, now_s)
        told = {(alert.unit, alert.rule): alert for alert in said.alerts} if said.since_us else {}
        if not said.left_out or len(self._held) >= MAX_HELD:
            for key, held in self._held.items():
                if held.shard == shard and held.left_s is None and key not in told:
                    self._held[key] = replace(held, left_s=now_s)
        changed = {}
        for key, alert in told.items():
            before = self._held.get(key)
            self._held[key] = _Held(shard, alert)
            if before is None or before.alert != alert:
                changed[key] = unsaved_alert(alert, title(alert.rule), said.at_us)
        return changed

    def forget_unheard(self, now_s: float, limit_s: float) -> None:
        """Take shards of which nothing came for so long as saved: for when ingest is known to work again.

        Nobody may speak for a shard any more: a standby that took it over and has nothing to tell says nothing.
        """
        for shard, word in self._words.items():
            if not self._is_saved(shard) and now_s - word.heard_s > limit_s:
                self._words[shard] = replace(word, saved_s=now_s)
                for key, held in self._held.items():
                    if held.shard == shard and held.left_s is None:
                        self._held[key] = replace(held, left_s=now_s)

    def taken_back(self, now_s: float) -> list[Key]:
        """Alerts that ended without ever being on record: forgotten, and named."""
        return self._forget(lambda held: not self._is_saved(held.shard), now_s - TAKEN_BACK_S)

    def settle(self, looked_s: float, *, works: bool = True) -> list[Key]:
        """The store was looked at, beginning then: alerts that had left before are forgotten, and named.

        `works`: whether ingest is well by the store's word. Its heartbeat there may be older than its frames.
        """
        gone = self._forget(lambda _held: True, looked_s)
        if not works:
            return gone
        for shard, word in self._words.items():
            if word.saved_s is not None and word.saved_s <= looked_s:
                self._words[shard] = _Word(word.heard_s, 0)
        return gone

    @property
    def unsettled(self) -> bool:
        """Whether a look at the store is due: an alert was saved that is still shown as not."""
        return any(held.left_s is not None for held in self._held.values())

    def since_us(self, now_s: float, limit_s: float) -> int | None:
        """Since when something is not saved, by shards heard within `limit_s` and by those not settled; else None."""
        sinces = [
            word.since_us
            for word in self._words.values()
            if word.since_us
            and (now_s - word.heard_s <= limit_s if word.saved_s is None else now_s - word.saved_s <= SETTLE_S)
        ]
        return min(sinces, default=None)

    def tells_all(self, now_s: float, limit_s: float) -> bool:
        """Whether alerts come by the frames alone: every shard heard within `limit_s` has nothing saved."""
        fresh = [shard for shard, word in self._words.items() if now_s - word.heard_s <= limit_s]
        return bool(fresh) and not any(self._is_saved(shard) for shard in fresh)

    def _forget(self, which: Callable[[_Held], bool], until_s: float) -> list[Key]:
        gone = [
            k for k, held in self._held.items() if held.left_s is not None and held.left_s <= until_s and which(held)
        ]
        for key in gone:
            del self._held[key]
        return gone

    def _is_saved(self, shard: int) -> bool:
        word = self._words[shard]
        return not word.since_us or word.saved_s is not None

    def _word(self, shard: int, since_us: int, now_s: float) -> _Word:
        if since_us:
            return _Word(now_s, since_us)
        before = self._words.get(shard)
        if before is None or not before.since_us:
            return _Word(now_s, 0)
        return replace(before, heard_s=now_s, saved_s=now_s if before.saved_s is None else before.saved_s)
