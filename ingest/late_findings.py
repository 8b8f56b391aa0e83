"""What of a second look is news: not what is recorded, and nothing that does not rest on late rows. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from evaluation.episodes import Episode
from store.late_passes import Known


def unknown(found: Iterable[Episode], known: Iterable[Known], late_us: Sequence[int]) -> list[Episode]:
    """Those that rest on a late row (`late_us`, ascending), and of whose rule no alert is recorded at that time."""
    recorded = list(known)
    return [one for one in found if _touches(one, late_us) and not any(_is_same(one, other) for other in recorded)]


def _touches(one: Episode, late_us: Sequence[int]) -> bool:
    at = bisect_left(late_us, one.begun_us)
    return at < len(late_us) and late_us[at] <= one.ended_us


def _is_same(one: Episode, other: Known) -> bool:
    if one.events[0].rule != other.rule or other.since_us > one.ended_us:
        return False
    return other.until_us is None or other.until_us >= one.begun_us
