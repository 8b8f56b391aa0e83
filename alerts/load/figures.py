"""The figures of ISA-18.2 / EEMUA 191 over a stretch, of alerts, or what a person is asked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

from alerts.load import flood
from alerts.load.chatter import chattering
from alerts.load.flood import Flood, floods
from alerts.load.peaks import peak
from telemetry.alarms import Priority

MINUTE_US: Final = 60_000_000
HOUR_US: Final = 60 * MINUTE_US
STALE_US: Final = 24 * HOUR_US
TOP: Final = 10

# What to aim at, as the two give it: alarms in 10 minutes on average, the mix of priorities, shares.
MANAGEABLE_PER_10_MIN: Final = 1.0
MIX: Final[dict[Priority, float]] = {Priority.HIGH: 0.05, Priority.MEDIUM: 0.15, Priority.LOW: 0.80}
ACTIONABLE_FROM: Final = 0.8


@dataclass(frozen=True, slots=True)
class Stretch:
    """from ≤ t < to, µs since 1970 UTC; ValueError for an empty one."""

    from_us: int
    to_us: int

    def __post_init__(self) -> None:
        """ValueError."""
        if self.from_us >= self.to_us:
            raise ValueError(f"an empty stretch: {self.from_us} to {self.to_us}")


@dataclass(frozen=True, slots=True)
class One:
    """One alert, or one notice put to a person.

    Attributes:
        source: what it is the same as when it comes again. over_us: None while it stands.
        actionable: whether somebody took it on; None: nobody was asked.
    """

    at_us: int
    priority: Priority
    source: Hashable
    over_us: int | None = None
    actionable: bool | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one recipient, one rule, or all. Shares 0…1, None where there is nothing to share.

    Attributes:
        count: that began in the stretch; all but `stale` are of these.
        per_10_min: average over the stretch. peak_…: the most within any such time.
        mix: share of each priority.
        chattering: how many came with two more of the same source within a minute.
        stale: how many stood for more than 24 h at the end of the stretch, begun in it or before.
        top_ten: share of the ten most frequent sources.
        actionable: share that somebody took on, of those that people were asked about.
    """

    count: int
    per_10_min: float
    peak_minute: int
    peak_10_min: int
    peak_hour: int
    floods: tuple[Flood, ...]
    mix: dict[Priority, float]
    chattering: int
    stale: int
    top_ten: float | None
    actionable: float | None


def figures(rows: Sequence[One], stretch: Stretch) -> Figures:
    """The figures over a stretch; `rows` may hold what began before it and still stood in it."""
    inside = [one for one in rows if stretch.from_us <= one.at_us < stretch.to_us]
    times = [one.at_us for one in inside]
    asked = [one.actionable for one in inside if one.actionable is not None]
    return Figures(
        count=len(inside),
        per_10_min=len(inside) * flood.WINDOW_US / (stretch.to_us - stretch.from_us),
        peak_minute=peak(times, MINUTE_US),
        peak_10_min=peak(times, flood.WINDOW_US),
        peak_hour=peak(times, HOUR_US),
        floods=tuple(floods(times)),
        mix={priority: _share(sum(one.priority is priority for one in inside), inside) or 0.0 for priority in MIX},
        chattering=_chattering(inside),
        stale=sum(_is_stale(one, stretch.to_us) for one in rows),
        top_ten=_top_ten(inside),
        actionable=_share(sum(asked), asked),
    )


def _share(part: int, whole: Sequence[object]) -> float | None:
    return part / len(whole) if whole else None


def _chattering(rows: Sequence[One]) -> int:
    times: defaultdict[Hashable, list[int]] = defaultdict(list)
    for one in rows:
        times[one.source].append(one.at_us)
    return sum(len(chattering(same)) for same in times.values())


def _is_stale(one: One, at_us: int) -> bool:
    return one.at_us < at_us - STALE_US and (one.over_us is None or one.over_us > at_us)


def _top_ten(rows: Sequence[One]) -> float | None:
    most = Counter(one.source for one in rows).most_common(TOP)
    return _share(sum(count for _, count in most), rows)
