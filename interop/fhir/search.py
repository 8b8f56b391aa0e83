"""Whether a resource fits what was asked for: tokens, references, dates with their prefixes. Pure.

Several values with a comma between them: any of them; the same parameter again, or another: all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from interop.fhir.datatypes import Json
from interop.fhir.parameters import BOUNDS, OF_NOBODY, Parameter, Sort, parameter

MAX_VALUES: Final = 50
MAX_VALUE: Final = 400
_PREFIX: Final = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)(?=[0-9])")
_DATE: Final = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[Tt](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6})\d*)?)?([Zz]|[+ -]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
_DAY_US: Final = 86_400_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Without an end, or a beginning: beyond every time there is.
FOR_EVER: Final = 2**62
_LITERAL: Final = re.compile(r"(?:https?://[^\s?#]*/)?([A-Z][A-Za-z]{1,40})/([A-Za-z0-9\-.]{1,64})")


class Misread(ValueError):
    """What was asked for cannot be understood; `parameter` is the one at fault."""

    def __init__(self, parameter: str, why: str) -> None:
        super().__init__(why)
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class When:
    """A date as asked for: low ≤ time < high, microseconds since 1970."""

    prefix: str
    low_us: int
    high_us: int

    @property
    def begins_before_us(self) -> int:
        """What fits began before then."""
        return {"lt": self.low_us, "eb": self.low_us}.get(self.prefix, self._not_after)

    @property
    def ends_after_us(self) -> int:
        """What fits ends after then."""
        if self.prefix in ("gt", "sa"):
            return self.high_us
        return self.low_us if self.prefix in ("eq", "ge", "ap") else -FOR_EVER

    @property
    def _not_after(self) -> int:
        return self.high_us if self.prefix in ("eq", "le", "ap") else FOR_EVER

    def fits(self, low_us: int, high_us: int) -> bool:
        """Whether something that lasted so fits, as R4 says it of each prefix."""
        inside = self.low_us <= low_us and high_us <= self.high_us
        match self.prefix:
            case "eq":
                return inside
            case "ne":
                return not inside
            case "gt":
                return high_us > self.high_us
            case "lt":
                return low_us < self.low_us
            case "ge":
                return high_us > self.high_us or inside
            case "le":
                return low_us < self.low_us or inside
            case "sa":
                return low_us >= self.high_us
            case "eb":
                return high_us <= self.low_us
            case _:  # ap: at least a moment in common
                return low_us < self.high_us and high_us > self.low_us


@dataclass(frozen=True, slots=True)
class Wanted:
    """One parameter as asked for: any of its values. `whens`: of a date, `texts` of everything else."""

    of: Parameter
    texts: tuple[str, ...] = ()
    whens: tuple[When, ...] = ()

    def fits(self, resource: Json) -> bool:
        """Whether the resource has one of the values."""
        found = [value for path in self.of.paths for value in _at(resource, path.split("."))]
        if self.of.sort is Sort.DATE:
            spans = [span for span in map(_span, found) if span is not None]
            return any(when.fits(*span) for when in self.whens for span in spans)
        fits = _fits_token if self.of.sort is Sort.TOKEN else self._fits_reference
        return any(fits(text, value) for text in self.texts for value in found)

    def _fits_reference(self, text: str, value: Any) -> bool:
        place = value.get("reference", "") if isinstance(value, dict) else ""
        return bool(place) and (not self.of.of or place.startswith(self.of.of + "/")) and place == self.place(text)

    def place(self, text: str) -> str:
        """A value as the reference it means: `Patient/7` also for `7`, where only a patient can be meant."""
        literal = _LITERAL.fullmatch(text)
        if literal:
            return f"{literal[1]}/{literal[2]}"
        return f"{self.of.of or 'Patient'}/{text}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A search. `unknown`: parameters that this type does not have, which were left aside."""

    kind: str
    wanted: tuple[Wanted, ...]
    unknown: tuple[str, ...] = ()

    def fits(self, resource: Json) -> bool:
        """Whether all that was asked for is so of a resource."""
        return all(one.fits(resource) for one in self.wanted)

    def texts(self, name: str) -> tuple[str, ...]:
        """The values of a parameter; of one that was given twice the first ones, which are enough to look among."""
        return next((one.texts for one in self.wanted if one.of.name == name), ())

    def places(self, *names: str) -> tuple[str, ...]:
        """The same of references, as references, of the first of these parameters that was given."""
        for one in self.wanted:
            if one.of.name in names:
                return tuple(one.place(text) for text in one.texts)
        return ()

    def begins_before_us(self, *names: str) -> int:
        """Nothing that fits began then or later."""
        return min([max(w.begins_before_us for w in one.whens) for one in self._dates(names)], default=FOR_EVER)

    def ends_after_us(self, *names: str) -> int:
        """Nothing that fits ended before then."""
        return max([min(w.ends_after_us for w in one.whens) for one in self._dates(names)], default=-FOR_EVER)

    def _dates(self, names: Sequence[str]) -> Iterator[Wanted]:
        return (one for one in self.wanted if one.of.name in names)


def read(kind: str, pairs: Iterable[tuple[str, str]]) -> Asked:
    """A search from its parameters, less those of the answer; Misread for what cannot be understood.

    A modifier is refused, as R4 wants it: leaving it aside would answer another question.
    """
    wanted: list[Wanted] = []
    unknown: list[str] = []
    for name, value in pairs:
        bare, colon, modifier = name.partition(":")
        of = parameter(kind, bare)
        if of is None:
            unknown.append(name[:64])
            continue
        if colon and not (of.sort is Sort.REFERENCE and modifier == (of.of or "Patient")):
            raise Misread(name[:64], "modifiers and chains are not supported")
        wanted.append(_wanted(of, value))
        if len(wanted) > MAX_VALUES:
            raise Misread(name[:64], f"at most {MAX_VALUES} parameters")
    asked = Asked(kind, tuple(wanted), tuple(unknown))
    _check_bounds(asked)
    return asked


def moment(text: str) -> tuple[int, int] | None:
    """A date or time of any precision as low ≤ time < high in microseconds; None: it is none. UTC without a zone."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        low = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
        )
        high = _next(low, month is not None, day is not None)
        shift = _shift(zone)
    except (ValueError, OverflowError):
        return None
    low_us = _us(low) + (int(fraction.ljust(6, "0")) if fraction else 0)
    if hour is None:
        return low_us, _us(high)
    step = 10 ** (6 - len(fraction)) if fraction else 1_000_000 if second is not None else 60_000_000
    return low_us - shift, low_us - shift + step


def _check_bounds(asked: Asked) -> None:
    """Misread unless it says whose, by one thing at a time."""
    given = [one for one in asked.wanted if one.of.name in BOUNDS]
    bounded = asked.kind in OF_NOBODY or bool(asked.texts("_id"))
    for one in given if asked.kind not in OF_NOBODY else ():
        if len(one.texts) > 1:
            raise Misread(one.of.name, "one at a time: other parameters take several values, this one does not")
        bounded = bounded or one.place(one.texts[0]).partition("/")[0] in BOUNDS[one.of.name]
    if not bounded:
        names = [name for name in BOUNDS if parameter(asked.kind, name) is not None]
        raise Misread(names[0], f"say whose: one of {', '.join(names)}, or _id")


def _wanted(of: Parameter, value: str) -> Wanted:
    if len(value) > MAX_VALUE:
        raise Misread(of.name, f"at most {MAX_VALUE} characters")
    texts = tuple(text for text in value.split(",") if text)
    if not texts:
        raise Misread(of.name, "no value")
    if of.sort is not Sort.DATE:
        return Wanted(of, texts)
    return Wanted(of, whens=tuple(_when(of.name, text) for text in texts))


def _when(name: str, text: str) -> When:
    prefix = _PREFIX.match(text)
    span = moment(text[2:] if prefix else text)
    if span is None:
        raise Misread(name, "a date as in ge2026-03-01 or lt2026-03-01T08:00:00Z")
    return When(prefix[1] if prefix else "eq", *span)


def _at(value: Any, path: Sequence[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _at(one, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


def _fits_token(text: str, value: Any) -> bool:
    system, bar, code = text.rpartition("|")
    if isinstance(value, bool):
        return code == str(value).lower()
    if isinstance(value, str):
        return code == value  # of a list that FHIR fixes: there is one system
    if not isinstance(value, dict):
        return False
    if "coding" in value:
        return any(_fits_token(text, one) for one in value["coding"])
    held = value.get("code", value.get("value"))
    if bar and system != value.get("system", ""):
        return False
    return held is not None and (code == held or (bool(bar) and not code))


def _span(value: Any) -> tuple[int, int] | None:
    if isinstance(value, str):
        return moment(value)
    if not isinstance(value, dict):
        return None
    start, end = moment(value.get("start", "")), moment(value.get("end", ""))
    return (start[0] if start else -FOR_EVER), (end[1] if end else FOR_EVER)


def _next(low: datetime, has_month: bool, has_day: bool) -> datetime:
    if has_day:
        return low + timedelta(days=1)
    if has_month:
        return (low.replace(day=1) + timedelta(days=32)).replace(day=1)
    return low.replace(year=low.year + 1)


def _shift(zone: str | None) -> int:
    if zone is None or zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 14 or minutes > 59:
        raise ValueError(zone)
    # A plus that nobody has quoted arrives as a space.
    return (-1 if zone[0] == "-" else 1) * (hours * 60 + minutes) * 60_000_000


def _us(time: datetime) -> int:
    gone = time - _EPOCH
    return gone.days * _DAY_US + gone.seconds * 1_000_000
