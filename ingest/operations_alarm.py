"""One alarm for operations about one trouble, however often it comes and goes meanwhile. Pure: time is handed in."""

from __future__ import annotations

import logging
from typing import Final

from store.operations import NOTHING_SAVED, OperationsEvent

log = logging.getLogger(__name__)

# Shorter than this is a restart of the database, and nobody's business.
AFTER_S: Final = 5.0
# A trouble that is back within this time never was over.
CALM_S: Final = 10.0


class OperationsAlarm:
    """That nothing can be saved.

    Attributes:
        cause: the database's last answer, in a person's words; set by whoever got it.
        saved, given_up: what became of what was found meanwhile.
    """

    def __init__(self, instance: str) -> None:
        self._instance = instance
        self._since_us: int | None = None
        self._until_us = 0
        self._over_s: float | None = None
        self.cause = ""
        self.saved = self.given_up = 0

    def lasts(self, since_us: int) -> None:
        """Nothing has been saved since then, for at least AFTER_S."""
        self._over_s = None
        if self._since_us is None:
            self._since_us = since_us
            fields = {"for": "operations", "since_us": since_us, "cause": self.cause}
            log.error("nothing can be saved: rules go on, nothing is acknowledged", extra={"fields": fields})

    def over(self, now_us: int, now_s: float) -> None:
        """Everything is saved again."""
        if self._since_us is not None:
            self._until_us, self._over_s = now_us, now_s

    def event(self, now_s: float, *, at_once: bool = False) -> OperationsEvent | None:
        """What is to be written down now, if anything is: it has been over for CALM_S, or somebody cannot wait."""
        if self._since_us is None or self._over_s is None or not (at_once or now_s - self._over_s >= CALM_S):
            return None
        detail = {"cause": self.cause, "alerts": self.saved, "given_up": self.given_up}
        return OperationsEvent(NOTHING_SAVED, self._since_us, self._until_us, self._instance, detail)

    def written(self, event: OperationsEvent) -> None:
        """It is on record; the next one is another."""
        seconds = (event.until_us - event.since_us) / 1e6
        fields = {"for": "operations", "lasted_s": round(seconds, 1), **event.detail}
        log.warning("everything is saved again", extra={"fields": fields})
        self._since_us = self._over_s = None
        self.cause, self.saved, self.given_up = "", 0, 0
