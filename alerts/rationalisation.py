"""Why a rule is an alert at all, as IEC 62682 asks of each: likely causes, what happens without action, time to act."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal

import msgspec

from telemetry.alarms import Priority

# The longest a person may be given: what can wait longer is no alert but a report.
LONGEST_S: Final = 30 * 24 * 3600


class Rationalisation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table `[rationalisation]` of a rule file. What to do is the rule's own `action`.

    Attributes:
        likely_causes: the likeliest first.
        consequence: what happens to the patient if nobody acts.
        respond_within_s: per priority of the rule's levels, within which the action still prevents that; always a
            design default of ours.
        mark: how sure causes and consequence are (C, N, M, D of the specification). source: goes with C.
    """

    likely_causes: list[str]
    consequence: str
    respond_within_s: dict[Priority, int]
    mark: Literal["C", "N", "M", "D"]
    source: str = ""

    def check(self, priorities: Collection[Priority]) -> None:
        """Against the priorities of the rule's levels; ValueError says what is wrong."""
        if not self.likely_causes or not all(cause.strip() for cause in self.likely_causes):
            raise ValueError("likely_causes: at least one, none empty")
        if not self.consequence.strip():
            raise ValueError("consequence: what happens if nobody acts")
        if self.mark == "C" and not self.source.strip():
            raise ValueError("mark: C needs the source that confirms it, as source = …")
        times = self.respond_within_s
        if set(times) != set(priorities):
            wanted = ", ".join(p for p in reversed(Priority) if p in priorities)
            raise ValueError(f"respond_within_s: one time for each priority of the levels: {wanted}")
        if not all(0 < seconds <= LONGEST_S for seconds in times.values()):
            raise ValueError(f"respond_within_s: above 0, at most {LONGEST_S} s; what can wait longer is no alert")
        if any(times[a] > times[b] for a in times for b in times if a.rank > b.rank):
            raise ValueError("respond_within_s: a higher priority never has more time than a lower one")
