"""The shifts of a rota: its three layers laid over each other, each piece with why it is so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from alerts.rota.local_time import zone_of
from alerts.rota.rotation import BEGINNING_US, END_US, turn_at
from telemetry.rota import Override, Rota, Source

# What people wrote by hand counts before what a calendar says: it is imported again and again, and would undo it.
_LAYER: Final = {Source.CALENDAR: 0, Source.OVERRIDE: 1, Source.SWAP: 1}


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch start ≤ t < end in which one person has the duty; None: nobody is named.

    A turn is a shift of its own even when the same person has the next one: duty is accepted turn by turn.
    """

    start_us: int
    end_us: int
    user_id: int | None
    source: Source


def shifts(rota: Rota, from_us: int, to_us: int) -> list[Shift]:
    """The shifts of a stretch, ascending, cut at its ends: they tile it with neither overlap nor hole.

    Moments before 1970 and from 2100 on are not asked for: ValueError. UnknownZone where the rota's is not known.
    """
    if not BEGINNING_US <= from_us <= to_us <= END_US:
        raise ValueError(f"no stretch of a rota: {from_us} to {to_us}")
    return list(_pieces(rota, from_us, to_us))


def shift_at(rota: Rota, at_us: int) -> Shift:
    """The shift that contains a moment, from its own beginning to its own end; ValueError and UnknownZone as above."""
    return whole_shifts(rota, at_us, at_us + 1)[0]


def whole_shifts(rota: Rota, from_us: int, to_us: int) -> list[Shift]:
    """The shifts that touch a stretch of at least a microsecond, each from its own beginning to its own end."""
    (low_us, _), (_, high_us) = _extent(rota, from_us), _extent(rota, to_us - 1)
    return [one for one in shifts(rota, low_us, high_us) if one.end_us > from_us and one.start_us < to_us]


def named_by(rota: Rota, at_us: int) -> Override | None:
    """What was written over the rotation at a moment, if anything: the highest layer, and of it the latest entry."""
    covering = [one for one in rota.overrides if one.start_us <= at_us < one.end_us]
    return max(covering, key=_rank, default=None)


def _pieces(rota: Rota, from_us: int, to_us: int) -> Iterator[Shift]:
    zone = zone_of(rota.zone)
    rota = replace(rota, overrides=tuple(o for o in rota.overrides if o.end_us > from_us and o.start_us < to_us))
    at_us = from_us
    last: tuple[Shift, object] | None = None
    while at_us < to_us:
        above = named_by(rota, at_us)
        turn = turn_at(rota.rotations, at_us, zone)
        end_us = min(_change_after(rota, at_us, above), to_us, turn.end_us if above is None else END_US)
        item: object = (turn.start_us, turn.end_us) if above is None else above.number
        user_id, source = (turn.user_id, Source.ROTATION) if above is None else (above.user_id, above.source)
        if last is not None and last[1] == item:
            last = replace(last[0], end_us=end_us), item
        else:
            if last is not None:
                yield last[0]
            last = Shift(at_us, end_us, user_id, source), item
        at_us = end_us
    if last is not None:
        yield last[0]


def _change_after(rota: Rota, at_us: int, above: Override | None) -> int:
    # Where something of a higher rank than what holds now begins, or what holds now ends.
    begins = (
        one.start_us for one in rota.overrides if one.start_us > at_us and (above is None or _rank(one) > _rank(above))
    )
    return min([*begins, above.end_us if above is not None else END_US])


def _extent(rota: Rota, at_us: int) -> tuple[int, int]:
    # Of whatever decides at a moment; the shift lies within it.
    above = named_by(rota, at_us)
    if above is not None:
        return max(above.start_us, BEGINNING_US), min(above.end_us, END_US)
    turn = turn_at(rota.rotations, at_us, zone_of(rota.zone))
    return turn.start_us, turn.end_us


def _rank(override: Override) -> tuple[int, int]:
    return _LAYER[override.source], override.number
