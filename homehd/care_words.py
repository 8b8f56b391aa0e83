"""What people type about a patient's care, checked: a wrong unit or a slip of the finger is told before it is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time
from math import isfinite
from typing import Final
from zoneinfo import ZoneInfo

from alerts import own_levels
from alerts import ruleset as live_rules
from alerts.adequacy import needle_calibration
from alerts.between import ruleset as between_rules
from alerts.prescribing.items import LABELS, RANGES
from telemetry.care import (
    DAY_US,
    DAYS,
    QUANTITIES,
    Access,
    Limits,
    Measured,
    Measurement,
    Prescribed,
    Schedule,
    TargetWeight,
)
from telemetry.errors import SettingsError

ACCESSES: Final = ("fistula", "graft", "catheter")
SHORTEST_MIN: Final = 30.0
LONGEST_MIN: Final = 720.0
# A slip in the year or the month: nobody arranges further ahead, or enters what is older.
AHEAD_US: Final = 366 * DAY_US
BACK_US: Final = 400 * DAY_US
# Some ten million readings: half a minute of the database's time.
MOST_TREATMENTS: Final = 50
# A clock beside ours may be a little ahead.
_SOON_US: Final = 300_000_000
_WEIGHT: Final = "target_weight_kg"
_NONE: Final = "none"


def schedule(days: str | None, every: int | None, at: str, zone: str, minutes: float) -> Schedule:
    """A schedule; SettingsError naming the flag that cannot be."""
    if (days is None) == (every is None):
        raise _fault("--days and --every", "give one of them: --days mon,wed,fri or --every 2")
    chosen = tuple(day.strip().lower() for day in (days or "").split(",")) if days is not None else ()
    if days is not None and (not set(chosen) <= set(DAYS) or len(set(chosen)) != len(chosen)):
        raise _fault(f"--days {days}", f"each at most once of {', '.join(DAYS)}")
    if every is not None and not 1 <= every <= 14:
        raise _fault(f"--every {every}", "days from one treatment to the next, 1 to 14")
    if not re.fullmatch(r"\d\d:\d\d", at) or not _is_time(at):
        raise _fault(f"--at {at}", "local time of day, like 18:30")
    if not _is_zone(zone):
        raise _fault(f"--zone {zone}", "a time zone as the IANA names it, like Europe/Berlin")
    if not SHORTEST_MIN <= minutes <= LONGEST_MIN:
        raise _fault(f"--minutes {minutes:g}", f"{SHORTEST_MIN:g} to {LONGEST_MIN:g}; is it in minutes?")
    return Schedule(days=chosen, every_days=every or 0, at=at, zone=zone, duration_min=minutes)


def access(kind: str, needle: str | None) -> Access:
    """A vascular access; `needle`: FLOW:PRESSURE,… of needle and line alone, which must give a curve."""
    points = tuple(_point(text) for text in needle.split(",")) if needle else ()
    if points:
        flows, pressures = zip(*points, strict=True)
        needle_calibration.vdp0(max(flows), flows, pressures)
    return Access(kind=kind, needle=points)  # type: ignore[arg-type]


def target_weight(kg: float) -> TargetWeight:
    """A target weight."""
    if not QUANTITIES[Measured.WEIGHT_AFTER].accepts(kg):
        raise _fault(f"KG {kg:g}", "10 to 300; is it in kg?")
    return TargetWeight(kg=kg)


def limits(rule_id: str, pairs: Sequence[str]) -> Limits:
    """Limits of a patient's own for a rule, NAME=NUMBER each; none takes earlier ones back.

    The names of a rule between treatments are those of its file, those of a rule on readings `own_levels.numbers`.
    """
    between, shipped = {rule.id: rule for rule in between_rules.load()}, live_rules.load()
    live = own_levels.rules(shipped)
    if rule_id not in between.keys() | live.keys():
        known = ", ".join(sorted(between.keys() | live.keys()))
        why = own_levels.why_none(shipped, rule_id)
        raise _fault(f"RULE {rule_id}", f"{why}; rules whose limits can be a patient's own: {known}")
    own = pairs_of(pairs, "low_min=15 or high=320")
    try:
        if rule_id in between:
            between[rule_id].limits_of(own)
        else:
            own_levels.check(live[rule_id], own)
    except ValueError as error:
        raise _fault(f"{rule_id} {' '.join(pairs)}", str(error)) from error
    return Limits(rule=rule_id, limits=own)


def prescription(pairs: Sequence[str]) -> list[Prescribed | TargetWeight]:
    """What is prescribed, an item each, NAME=NUMBER or NAME=none by the names of `alerts.prescribing.items`."""
    given = _split(pairs, "pre_systolic_mmhg=140")
    return [
        _prescribed(item, None if text == _NONE else _number(text, f"{item}={text}")) for item, text in given.items()
    ]


def _prescribed(item: str, value: float | None) -> Prescribed | TargetWeight:
    if item not in RANGES:
        raise _fault(item, f"what is prescribed is one of {', '.join(RANGES)}")
    low, high = RANGES[item]
    if value is not None and not low <= value <= high:
        raise _fault(f"{item}={value:g}", f"{low:g} to {high:g} {LABELS[item][1]}".rstrip())
    if item != _WEIGHT:
        return Prescribed(item=item, value=value)
    # Rules between treatments know it by itself.
    if value is None:
        raise _fault(f"{item}=none", "a weight to be reached is not taken back: enter another")
    return TargetWeight(kg=value)


def treatments(count: int) -> int:
    """Over how many of the last treatments a baseline is looked for."""
    if not 1 <= count <= MOST_TREATMENTS:
        raise _fault(f"--treatments {count}", f"1 to {MOST_TREATMENTS}")
    return count


def measurement(what: str, value: float, unit: str, taken_us: int, now_us: int) -> Measurement:
    """A value with its unit; its number is given when it is kept."""
    quantity = QUANTITIES[Measured(what)]
    if unit != quantity.unit:
        raise _fault(f"--unit {unit}", f"{what} is entered in {quantity.unit}")
    if not quantity.accepts(value):
        raise _fault(f"{what} {value:g}", f"{quantity.low:g} to {quantity.high:g} {quantity.unit}")
    if not now_us - BACK_US <= taken_us <= now_us + _SOON_US:
        raise _fault("--at", "when it was measured: not in the future, and not more than 400 days ago")
    return Measurement(0, Measured(what), value, taken_us)


def since(given_us: int | None, now_us: int) -> int:
    """From when on an arrangement holds: as given, or from now on."""
    if given_us is not None and not now_us - BACK_US <= given_us <= now_us + AHEAD_US:
        raise _fault("--from", "within 400 days back and a year ahead")
    return now_us if given_us is None else given_us


def pairs_of(pairs: Sequence[str], example: str) -> dict[str, float]:
    """NAME=NUMBER each, every name once; SettingsError naming the one that is not so, with an `example`."""
    return {name: _number(text, f"{name}={text}") for name, text in _split(pairs, example).items()}


def _split(pairs: Sequence[str], example: str) -> dict[str, str]:
    given: dict[str, str] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign or name in given:
            raise _fault(pair, f"NAME=NUMBER, each once, like {example}")
        given[name] = text
    return given


def _point(text: str) -> tuple[float, float]:
    flow, sign, pressure = text.partition(":")
    if not sign:
        raise _fault(f"--needle {text}", "FLOW:PRESSURE,… in mL/min and mmHg, like 200:60,300:100,400:150")
    return _number(flow, f"--needle {text}"), _number(pressure, f"--needle {text}")


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise _fault(where, f"{text!r} is no number")
    return value


def _is_time(text: str) -> bool:
    try:
        time.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True


def _fault(subject: str, hint: str) -> SettingsError:
    return SettingsError("read flags", subject, hint=hint)
