"""What this process remembers of a unit between cycles. All of it is in the database too, or can be found again."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from alerts.records import Context
from ingest.admission import KnownUnit
from ingest.clock_offset import ClockOffset
from ingest.fairness import EpochBudget
from ingest.judged import Judged
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
        judged: per epoch, what the rules have seen and the database may not hold yet.
        origin: which snapshot in the database the rules' memory of it grew from (`engine_state.fingerprint`).
    """

    __slots__ = (
        "clock_off", "clocks", "context", "epochs", "held", "judged", "known", "newest_us", "origin", "row", "saved_us",
    )  # fmt: skip

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
        self.judged: OrderedDict[str, Judged] = OrderedDict()
        self.origin: int | None = None

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

    def judged_of(self, epoch: str) -> Judged:
        """What the rules have seen of `epoch` ahead of the database, to be added to."""
        found = self.judged.get(epoch)
        if found is None:
            found = self.judged[epoch] = Judged()
            if len(self.judged) > MAX_EPOCHS:
                self.judged.popitem(last=False)
        return found

    def trim(self) -> None:
        """Forget the epochs longest not asked for, and what was judged early and is now stored.

        Only between transactions: what one adds is not yet stored.
        """
        for epoch in [epoch for epoch, judged in self.judged.items() if judged.is_within(self.held.get(epoch))]:
            del self.judged[epoch]
        while len(self.held) > MAX_EPOCHS:
            self.held.popitem(last=False)
