"""What this process remembers of a unit between cycles. All of it is in the database too, or can be found again."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from alerts.records import Context
from ingest.admission import KnownUnit
from ingest.clock_offset import ClockOffset
from ingest.fairness import EpochBudget
from ingest.ranges import RangeSet

# A box has one epoch and one boot at a time; backlog may bring a few older ones in between.
MAX_EPOCHS: Final = 4
MAX_BOOTS: Final = 4
NEVER_US: Final = -(2**62)


class Unit:
    """One unit of a shard we own.

    Attributes:
        known: what the registry says.
        row: its place in the rule engine.
        epochs: how many more may be looked up.
        held: per epoch, which seqs are stored; the database's copy changes in the same transaction.
        newest_us: newest time the rules have seen; anything not newer is late.
        saved_us: server time of the last snapshot of its rule state.
        clock_off: whether its clock is known to be more than 60 s off.
        context: what the rules know of its patient.
    """

    __slots__ = ("clock_off", "clocks", "context", "epochs", "held", "known", "newest_us", "row", "saved_us")

    def __init__(self, known: KnownUnit, row: int) -> None:
        self.known = known
        self.row = row
        self.epochs = EpochBudget()
        self.held: OrderedDict[str, RangeSet] = OrderedDict()
        self.clocks: OrderedDict[str, ClockOffset] = OrderedDict()
        self.newest_us = NEVER_US
        self.saved_us = NEVER_US
        self.clock_off = False
        self.context = Context()

    def clock(self, boot: str) -> ClockOffset:
        """The estimate for one boot, a new one if need be."""
        found = self.clocks.get(boot)
        if found is None:
            found = self.clocks[boot] = ClockOffset()
            if len(self.clocks) > MAX_BOOTS:
                self.clocks.popitem(last=False)
        return found

    def hold(self, epoch: str, ranges: RangeSet) -> None:
        """Remember what the database holds of `epoch`."""
        self.held[epoch] = ranges

    def trim(self) -> None:
        """Forget the epochs longest not asked for. Only between transactions: what one adds is not yet stored."""
        while len(self.held) > MAX_EPOCHS:
            self.held.popitem(last=False)
