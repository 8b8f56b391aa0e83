"""What a page becomes while its person is in a flood: one of its own, or one for all that waits, now or a little later.

Counted on one channel of one person, looking back ten minutes (alerts.load.flood). The first high ones always go
singly and at once; from then on they are told together, so that a phone says "several" instead of ringing for each.
Between two such pages there is a pause: short for as long as a storm lasts, longer when it does not end, and no page
waits for one of less importance. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from alerts.load.flood import BEGINS_ABOVE, ENDS_BELOW

# High ones that go singly although there are more: of as many homes as there are.
SINGLY: Final = 5
# So many pages in ten minutes come one after the other with a short pause (a storm of ten seconds needs some 30) …
QUICK_PAGES: Final = 40
QUICK_US: Final = 500_000
# … more of them with a longer one. A high one has 30 seconds until its second channel is used, a medium one five
# minutes until the backup is asked.
HIGH_US: Final = 10_000_000
MEDIUM_US: Final = 60_000_000
# Another notifier may have taken up a page since `now_us` was read.
AHEAD_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Told:
    """What one channel was asked to carry in the last ten minutes.

    Attributes:
        notices, high: notices it was queued for, ≥ 0; of these of high priority.
        folded, high_folded: those that went out with another's page.
        singly: pages of high priority about one notice.
        pages: pages that were taken, or are on their way.
        last_us, last_high_us: when it last took up a page, and one of high priority; None: none in that time.
    """

    notices: int = 0
    high: int = 0
    folded: int = 0
    high_folded: int = 0
    singly: int = 0
    pages: int = 0
    last_us: int | None = None
    last_high_us: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """How the next page goes. `folds`: with all that waits and is not more important. `from_us`: not before."""

    folds: bool
    from_us: int


def turn(told: Told, now_us: int, *, high: bool) -> Turn:
    """Of a page that is due now, of high priority or not; `from_us` ≤ `now_us` means at once."""
    count, folded = (told.high, told.high_folded) if high else (told.notices, told.folded)
    in_flood = count > BEGINS_ABOVE or (folded > 0 and count >= ENDS_BELOW)
    if not in_flood or (high and not folded and told.singly < SINGLY):
        return Turn(False, now_us)
    last_us = told.last_high_us if high else told.last_us
    # One that lies ahead is of a clock that has been set back since: nobody is to wait until it is that time again.
    if last_us is None or last_us - now_us > AHEAD_US:
        return Turn(True, now_us)
    slow_us = HIGH_US if high else MEDIUM_US
    return Turn(True, last_us + (QUICK_US if told.pages < QUICK_PAGES else slow_us))
