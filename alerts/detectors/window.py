"""The last minute of a signal, one place per second, and whether another stayed steady meanwhile.

A place holds the last reading of its second, so that the window covers the same time at any rate of reading; the
present second is not part of it. Shared by the detectors that hold a value against what it was before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from alerts import reasons
from alerts.detectors.base import Bools, Codes, Group
from alerts.detectors.baseline import Floats
from alerts.inputs import Round
from alerts.rounds import row_numbers
from alerts.table import Field, Table

PLACES: Final = 64  # seconds a window can reach back, and one more; a power of two
# Seconds fit an int32 from 1970 to 2106, and a window before any of them does.
_ORIGIN: Final = (1 << 31) - 2 * PLACES
_LONG_AGO: Final = -(1 << 31)


class Steadiness(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Over which window a rule looks, and what has to stay steady meanwhile.

    Attributes:
        window_s: at most 62. min_readings, min_span_s: what a window must hold and how far back it must reach.
        steady_percent, steady_share: this share of the steady signal's readings within this much of the present one.
        relearn_s: so long after a blood-flow change or a pump restart the baseline of an active alert is given up.
        rise_s: a value that has risen by what counts as a fall is held against what it was before for so long; one that
            stays up longer is what is normal now. At least `window_s`.
    """

    window_s: int = 60
    min_readings: int = 6
    min_span_s: int = 30
    steady_signal: str
    steady_percent: float
    steady_share: float = 0.9
    relearn_s: float = 300.0
    rise_s: float = 300.0

    def check(self) -> None:
        """ValueError where no window can be like that."""
        if not 1 <= self.min_span_s < self.window_s <= PLACES - 2:
            raise ValueError(f"input: 1 ≤ min_span_s < window_s ≤ {PLACES - 2}")
        if not self.rise_s >= self.window_s:
            raise ValueError("input: rise_s ≥ window_s")

    @property
    def tolerance(self) -> float:
        """Share by which the steady signal may differ."""
        return self.steady_percent / 100.0


Words = npt.NDArray[np.uint64]
Times = npt.NDArray[np.int64]


@dataclass(slots=True)
class Window:
    """The last minute of every rule's signal.

    Attributes:
        values, steady: the signal and the steady one: [n, rules, places].
        second, place: the present second, and the place of each unit that is its.
        inside, taken, held: places within the window, those of them with a value, and those of these whose value was
            not away from the baseline: one bit each, [n, rules].
        filled: whether it holds enough of those, far enough back: [n, rules].
    """

    values: Floats
    steady: Floats
    second: npt.NDArray[np.int32]
    place: npt.NDArray[np.int32]
    inside: Words
    taken: Words
    held: Words
    filled: Bools


def packed(places: Bools) -> Words:
    """[…, places] as one word each: counting bits is ten times as fast as adding up booleans."""
    return np.packbits(places, axis=-1).view(np.uint64)[..., 0]


_BITS: Final = packed(np.eye(PLACES, dtype=np.bool_))


def unpacked(words: Words) -> Bools:
    """The places of such words again."""
    return np.unpackbits(words[..., None].view(np.uint8), axis=-1).view(np.bool_)


def most_above(values: Floats, present: Floats, held: Words) -> Bools:
    """Whether more than half of the held values are at or above the present one: so is their lower median."""
    low = packed(values >= present[..., None]) & held
    return np.asarray(2 * np.bitwise_count(low) > np.bitwise_count(held))


def most_below(values: Floats, present: Floats, held: Words) -> Bools:
    """Whether the lower median of the held values is at or below the present one; never where none is held."""
    low, count = packed(values <= present[..., None]) & held, np.bitwise_count(held)
    return np.asarray((2 * np.bitwise_count(low) >= count) & (count > 0))


def lower_median(values: Floats, held: Words) -> Floats:
    """Of the held values: [n, places] and one word each to [n]; at least one is held."""
    ordered = np.sort(np.where(unpacked(held), values, np.float32(np.inf)), axis=1)
    return ordered[np.arange(len(values)), (np.bitwise_count(held).astype(np.intp) - 1) // 2]


def each_rung(group: Group) -> slice | npt.NDArray[np.intp]:
    """What makes columns per rung of columns per rule; a view where each rule has one level, for copies cost."""
    return slice(None) if len(group.rungs) == len(group.rules) else group.rule_of_rung


class Windows:
    """The windows of all rules of one detector; its fields are called after it."""

    def __init__(self, name: str, labels: tuple[str, ...], specs: Sequence[Steadiness]) -> None:
        self._name = name
        self._window_s = np.array([spec.window_s for spec in specs], np.int32)
        self._min_span_s = np.array([spec.min_span_s for spec in specs], np.int32)
        self._min_readings = np.array([spec.min_readings for spec in specs])
        self._tolerance = np.array([spec.tolerance for spec in specs], np.float32)
        self._share = np.array([spec.steady_share for spec in specs])
        self.fields: tuple[Field, ...] = (
            Field(f"{name}.second", "i4", _LONG_AGO, None, (PLACES,)),
            Field(f"{name}.window", "f4", np.nan, labels, (PLACES,)),
            Field(f"{name}.steady", "f4", np.nan, labels, (PLACES,)),
            Field(f"{name}.away", "u8", 0, labels),
        )

    def take(self, now: Round, table: Table, stayed: Bools) -> Window:
        """The windows as they are before this reading; where it has `stayed`, what was away is what is normal now."""
        if stayed.any():
            away = table[f"{self._name}.away"][now.at]
            table[f"{self._name}.away"][now.at] = np.where(stayed, np.uint64(0), away)
        second, then = _seconds(now.time), table[f"{self._name}.second"][now.at][:, None, :]
        place = second & (PLACES - 1)
        values = table[f"{self._name}.window"][now.at]
        # No place is ahead of the present second, whose own holds it or what is too old by a turn of all places.
        inside = packed(then >= (second[:, None] - self._window_s)[:, :, None]) & ~_BITS[place][:, None]
        taken = inside & packed(values == values)  # NaN is not
        held = taken & ~table[f"{self._name}.away"][now.at]
        steady = table[f"{self._name}.steady"][now.at]
        filled = self.enough(held, then, second)
        return Window(values, steady, second, place, inside, taken, held, filled)

    def enough(self, held: Words, then: npt.NDArray[np.int32], second: npt.NDArray[np.int32]) -> Bools:
        """Whether so many places are held, and one of them so long ago. `then`: [n, 1, places], `second`: [n]."""
        old = packed(then <= (second[:, None] - self._min_span_s)[:, :, None])
        return np.asarray((np.bitwise_count(held) >= self._min_readings) & ((held & old) != 0))

    def since(self, now: Round, table: Table, window: Window, at: npt.NDArray[np.intp], fell: Times) -> Words:
        """The places of units `at` with a value from `fell` (µs, [at, rules]) on; none where they are not enough."""
        then = table[f"{self._name}.second"][row_numbers(now.at)[at]][:, None, :]
        places = window.taken[at] & packed(then >= _seconds(fell)[:, :, None])
        return np.where(self.enough(places, then, window.second[at]), places, np.uint64(0))

    def codes(self, flow: Floats, window: Window) -> Codes:
        """[n, rules]: why nothing can be said by the steady signal, now and in the window."""
        off = window.steady - flow[:, :, None]
        np.abs(off, out=off)
        near = window.inside & packed(off <= (flow * self._tolerance)[:, :, None])
        # Mostly every place is near, and none needs to be looked at for being known.
        alike = bool((near == window.inside).all())
        known = np.bitwise_count(near if alike else window.inside & packed(off == off))
        # Not count * (1 - 0.9) ≥ …: 54 of 60 is nine tenths, and 1 - 0.9 is less than 0.1.
        share = np.bitwise_count(near) >= known * self._share - 1e-9
        codes = np.where(share, reasons.EVALUATED, reasons.UNSTEADY).astype(np.uint8)
        codes[flow <= 0.0] = reasons.PUMP_STOPPED
        return codes

    def store(self, now: Round, table: Table, window: Window, value: Floats, flow: Floats, away: Bools) -> None:
        """Take this reading in; `away` from the baseline it is no part of what is normal."""
        rows, place = row_numbers(now.at), window.place
        bit = _BITS[place][:, None]
        before = table[f"{self._name}.away"][now.at]
        table[f"{self._name}.away"][now.at] = np.where(away, before | bit, before & ~bit)
        table[f"{self._name}.second"][rows, place] = window.second
        table[f"{self._name}.window"][rows, :, place] = value
        table[f"{self._name}.steady"][rows, :, place] = flow

    def median(self, table: Table, row: int, position: int, field: str | None = None) -> float:
        """The lower median of what is normal in a unit's window, of `field` where it is another's; NaN when empty."""
        seconds = table[f"{self._name}.second"][row]
        ages = int(seconds.max()) - seconds.astype(np.int64)
        values = table[field or f"{self._name}.window"][row, position]
        near = ~unpacked(table[f"{self._name}.away"][row, position])
        held = np.sort(values[near & (ages >= 1) & (ages <= int(self._window_s[position])) & ~np.isnan(values)])
        return float(held[(len(held) - 1) // 2]) if len(held) else float("nan")


def _seconds(time: Times) -> npt.NDArray[np.int32]:
    return (time // 1_000_000 - _ORIGIN).astype(np.int32)
