"""Two people exchange a shift each: two overrides made as one, so that neither can be had alone."""

from __future__ import annotations

from alerts.rota.local_time import told, zone_of
from alerts.rota.shifts import Shift, shift_at
from telemetry.rota import Override, Rota, Source


def swap(rota: Rota, first_us: int, second_us: int, now_us: int) -> tuple[Override, Override]:
    """What the shifts at two moments become when their people exchange them; one that runs is exchanged from now on.

    The numbers are given when they are stored. ValueError, in words, when there is nothing to exchange.
    """
    one, other = (_ahead(rota, at_us, now_us) for at_us in (first_us, second_us))
    if one.user_id == other.user_id:
        raise ValueError("both shifts are of one person")
    return _override(one, other.user_id, now_us), _override(other, one.user_id, now_us)


def _ahead(rota: Rota, at_us: int, now_us: int) -> Shift:
    when = told(at_us, zone_of(rota.zone))
    shift = shift_at(rota, at_us)
    if shift.user_id is None:
        raise ValueError(f"nobody has the shift of {when}")
    if shift.end_us <= now_us:
        raise ValueError(f"the shift of {when} is over")
    return shift


def _override(shift: Shift, user_id: int | None, now_us: int) -> Override:
    return Override(0, max(shift.start_us, now_us), shift.end_us, user_id, Source.SWAP)
