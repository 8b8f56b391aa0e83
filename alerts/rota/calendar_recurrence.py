"""Which recurrences of a calendar are expanded: those of a rota, each of which finds its next date within a few steps.

RFC 5545 lets a rule recur every second, never match (a fifth Monday on the first), or stand still (INTERVAL=0); the
library would look for the next date until the year 9999, or for ever. What is let through here always finds one.
"""

from __future__ import annotations

import re
from typing import Final

MOST_DATES: Final = 1_000  # in RDATE and EXDATE of one event
MOST_COUNT: Final = 10_000
_WHOLE: Final = re.compile(r"[0-9]{1,5}")
_DAYS: Final = re.compile(r"(MO|TU|WE|TH|FR|SA|SU)(,(MO|TU|WE|TH|FR|SA|SU))*")
_NTH_DAYS: Final = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)(,([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU))*")
_MONTH_DAYS: Final = re.compile(r"-?([1-9]|[12][0-9]|3[01])(,-?([1-9]|[12][0-9]|3[01]))*")
_ALWAYS: Final = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"})
# Frequency -> longest interval, and the parts it may have. Every six months at most: of two months half a year apart
# one has 31 days. Days of the week with every day only: every seventh day is never a Tuesday if the first was none.
_FORMS: Final[dict[str, tuple[int, frozenset[str]]]] = {
    "DAILY": (366, frozenset()),
    "WEEKLY": (52, frozenset({"BYDAY"})),
    "MONTHLY": (6, frozenset({"BYDAY", "BYMONTHDAY"})),
}


def why_not(rule: str) -> str:
    """Why a recurrence rule (the value of RRULE) is not expanded, in words; empty when it is."""
    parts: dict[str, str] = {}
    for part in rule.strip().upper().split(";"):
        name, sign, value = part.partition("=")
        if not sign or name in parts:
            return f"{part[:40]!r} in its rule"
        parts[name] = value
    frequency = parts.get("FREQ", "")
    if frequency not in _FORMS:
        return f"it recurs {frequency.lower()[:20] or 'without a frequency'}; daily, weekly or monthly is taken"
    longest, allowed = _FORMS[frequency]
    every = parts.get("INTERVAL", "1")
    if not _WHOLE.fullmatch(every) or not 1 <= int(every) <= longest:
        return f"its interval {every[:20]} is not 1 to {longest}"
    count = parts.get("COUNT", "1")
    if not _WHOLE.fullmatch(count) or not 1 <= int(count) <= MOST_COUNT:
        return f"its count {count[:20]} is not 1 to {MOST_COUNT}"
    if frequency == "DAILY" and int(every) == 1:
        allowed = frozenset({"BYDAY"})
    return _days(frequency, parts, allowed)


def _days(frequency: str, parts: dict[str, str], allowed: frozenset[str]) -> str:
    given = parts.keys() - _ALWAYS
    if given - allowed:
        return f"{', '.join(sorted(given - allowed))[:40]} is not taken in a {frequency.lower()} rule of this interval"
    if len(given) > 1:
        return "days of the week and of the month in one rule need never meet"
    days = _NTH_DAYS if frequency == "MONTHLY" else _DAYS
    if "BYDAY" in parts and not days.fullmatch(parts["BYDAY"]):
        return f"BYDAY={parts['BYDAY'][:20]}"
    if "BYMONTHDAY" in parts and not _MONTH_DAYS.fullmatch(parts["BYMONTHDAY"]):
        return f"BYMONTHDAY={parts['BYMONTHDAY'][:20]}"
    return ""
