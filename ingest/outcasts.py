"""Messages and rows that are not taken: why, whether they are worth keeping, and what the agent is told. Pure."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from ingest.admission import Reason
from ingest.inbox import Message
from ingest.ranges import Range

# A box gone mad must not fill the quarantine: ten messages at once, then one a minute, of each unit.
BURST: Final = 10.0
PER_S: Final = 1 / 60
# Names nobody provisioned share one allowance, or inventing names would get round it.
STRANGERS_BURST: Final = 100.0
STRANGERS_PER_S: Final = 1.0
MAX_UNITS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Refused:
    """Rows the agent is to set aside, once the message that brought them is in quarantine."""

    shard: int
    unit: str
    epoch: str
    ranges: list[Range]


@dataclass(frozen=True, slots=True)
class Outcast:
    """A message that was not taken, or not wholly.

    Attributes:
        unit: the unit's name when the registry knows it, else empty.
        refused: what to tell the agent, or None when there is nothing final to tell.
        detail: the reason in a person's words, never the content.
    """

    message: Message
    unit: str
    reason: Reason
    refused: Refused | None = None
    detail: str = ""


class Budget:
    """How many messages may go into quarantine, per unit."""

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, unit: str, now_s: float) -> bool:
        """Whether one more message of `unit` (empty: of nobody we know) may be kept at `now_s`, monotonic seconds."""
        burst, per_s = (BURST, PER_S) if unit else (STRANGERS_BURST, STRANGERS_PER_S)
        left, since = self._left.pop(unit, (burst, now_s))
        left = min(burst, left + (now_s - since) * per_s)
        allowed = left >= 1.0
        self._left[unit] = (left - 1.0 if allowed else left, now_s)
        if len(self._left) > MAX_UNITS:
            self._left.popitem(last=False)
        return allowed
