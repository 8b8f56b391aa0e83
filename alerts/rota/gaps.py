"""Stretches in which nobody would answer, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from alerts.rota.able import Unable, why_not
from alerts.rota.shifts import Shift, shifts
from telemetry.rota import Person, Rota


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch start ≤ t < end that nobody answers. `user_id`: who is named and cannot, None where nobody is."""

    start_us: int
    end_us: int
    reason: Unable
    user_id: int | None


def gaps(rota: Rota, people: Mapping[int, Person], from_us: int, to_us: int) -> list[Gap]:
    """The gaps of a stretch, ascending, cut at its ends; what abuts for one reason is one. Errors as of `shifts`."""
    return gaps_of(rota, people, shifts(rota, from_us, to_us))


def gaps_of(rota: Rota, people: Mapping[int, Person], pieces: Sequence[Shift]) -> list[Gap]:
    """The gaps among shifts of the rota."""
    found: list[Gap] = []
    for piece in pieces:
        reason = why_not(rota, piece.user_id, people)
        if reason is None:
            continue
        last = found[-1] if found else None
        abuts = last is not None and (last.end_us, last.reason, last.user_id) == (piece.start_us, reason, piece.user_id)
        if last is not None and abuts:
            found[-1] = replace(last, end_us=piece.end_us)
        else:
            found.append(Gap(piece.start_us, piece.end_us, reason, piece.user_id))
    return found
