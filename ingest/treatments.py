"""Runs of phases to treatments. Pure: a function of the runs and of the server's time, whatever order rows came in.

A treatment is a chain of stretches in phase TX. Two stretches are one treatment unless the machine drained or
disinfected between them, its treatment clock went back, or too much time lies between; see `_is_same`. When the
machine is seen in another phase that may be a pause (PRETX: recirculation; IDL: a power cut), or is lost, the treatment
goes on until RESUME_US have passed; when simply nothing comes, because the home is offline, until LIMIT_US have.

All of it looks at most LIMIT_US beyond a stretch, so that only what lies around a change has to be looked at anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ingest.phase_runs import GAP_US, LOST, is_derived, phase_of
from store.phase_runs import Run
from store.treatments import Interruption, Treatment
from telemetry.treatment import Cause, EndKnown, Phase, is_ordinary

# Between two treatments on one machine lie rinse-back, a new set and priming: hardly less than this. Ours, not a norm.
RESUME_US: Final = 3_600_000_000
# No treatment at home is longer than ten hours (the treatment clock's plausible range); with room for a late start.
LIMIT_US: Final = 12 * 3_600_000_000
_MINUTE_US: Final = 60_000_000
# Treatment clocks count whole minutes.
_CLOCK_STEP_MIN: Final = 1.0

_OVER: Final = frozenset({Phase.POSTTX, Phase.DIS})


@dataclass(frozen=True, slots=True)
class Course:
    """A treatment with what it is to be judged by later.

    Attributes:
        last_us: when it was last seen in TX.
        due_us: server time after which it counts as over if nothing more comes; None once it is.
    """

    treatment: Treatment
    last_us: int
    due_us: int | None


def courses(runs: Sequence[Run], now_us: int) -> list[Course]:
    """The treatments in these runs (in order of time), in order."""
    found: list[Course] = []
    chain: list[int] = []
    places = [at for at, run in enumerate(runs) if phase_of(run) is Phase.TX]
    for at, after in zip(places, [*places[1:], None], strict=False):
        chain.append(at)
        if after is None or not _is_same(runs[at], runs[at + 1 : after], runs[after]):
            found.append(_course(runs, chain, after, now_us))
            chain = []
    return found


def _is_same(one: Run, between: Sequence[Run], other: Run) -> bool:
    """Whether two stretches in TX belong to one treatment."""
    passed_us = other.first_us - one.last_us
    if passed_us > LIMIT_US or any(phase_of(run) in _OVER for run in between):
        return False
    if one.clock_high is not None and other.clock_low is not None:
        advance_min = other.clock_low - one.clock_high
        if advance_min < -_CLOCK_STEP_MIN:
            return False
        # Out of our sight the treatment went on, if its clock did; it stands still during a pause.
        passed_min = passed_us / _MINUTE_US
        unseen = all(run.mark == LOST for run in between)
        if unseen and passed_min / 2 <= advance_min <= passed_min + 2 * _CLOCK_STEP_MIN:
            return True
    return passed_us <= RESUME_US


def _course(runs: Sequence[Run], chain: Sequence[int], after: int | None, now_us: int) -> Course:
    first, last = runs[chain[0]], runs[chain[-1]]
    rest = [run for run in runs[chain[-1] + 1 : after] if run.first_us - last.last_us <= LIMIT_US]
    then = None if after is None else runs[after]
    end_us, known, due_us = _end(last, rest, then, now_us)
    pauses = [
        pause
        for at, to in pairwise(chain)
        if (pause := _pause(runs[at], runs[at + 1 : to], runs[to].first_us)) is not None
    ]
    if known is None and rest and (standing := _pause(last, rest, None)):
        pauses.append(standing)
    before = [run for run in runs[: chain[0]] if first.first_us - run.last_us <= LIMIT_US]
    seen = [*before[-1:], *runs[chain[0] : chain[-1] + 1], *rest[:1]]
    treatment = Treatment(first.first_us, end_us, known, tuple(pauses), is_derived(first), _unusual(seen))
    return Course(treatment, last.last_us, due_us)


def _end(
    last: Run, rest: Sequence[Run], then: Run | None, now_us: int
) -> tuple[int | None, EndKnown | None, int | None]:
    """When a treatment that was last seen in `last` ended, how that is known, and if it did not, when it will have.

    `rest`: what was seen after it and before `then`, the next treatment.
    """
    for run in rest:
        if phase_of(run) in _OVER:
            return _left(last, rest[0]), EndKnown.DERIVED if is_derived(run) else EndKnown.MACHINE, None
    if then is not None and then.first_us - last.last_us <= RESUME_US:
        return _left(last, rest[0] if rest else None), EndKnown.NEXT_BEGAN, None
    if not rest:
        if then is not None and then.first_us - last.last_us <= LIMIT_US:
            return last.last_us, EndKnown.NEXT_BEGAN, None
        due_us = last.last_us + LIMIT_US
        return (last.last_us, EndKnown.CLOCK_LIMIT, None) if now_us > due_us else (None, None, due_us)
    due_us = last.last_us + RESUME_US
    if then is None and now_us <= due_us:
        return None, None, due_us
    if rest[0].mark == LOST:
        return last.last_us, EndKnown.MACHINE_LOST, None
    inferred = is_derived(rest[0]) or phase_of(rest[0]) is Phase.UNKNOWN
    return _left(last, rest[0]), EndKnown.DERIVED if inferred else EndKnown.MACHINE, None


def _left(last: Run, follows: Run | None) -> int:
    """When TX was left: when the next phase was seen, if that was at once."""
    at_once = follows is not None and follows.mark != LOST and follows.first_us - last.last_us <= GAP_US
    return follows.first_us if follows is not None and at_once else last.last_us


def _pause(last: Run, between: Sequence[Run], until_us: int | None) -> Interruption | None:
    """The interruption between two stretches; None when there was none to speak of."""
    seen = phase_of(between[0]) if between else None
    if seen is not None and seen is not Phase.TX:
        return Interruption(_left(last, between[0]), until_us, Cause.PHASE, seen.name)
    if until_us is not None and until_us - last.last_us <= GAP_US:
        return None
    return Interruption(last.last_us, until_us, Cause.MACHINE_LOST if between else Cause.NO_READINGS)


def _unusual(runs: Sequence[Run]) -> int:
    phases = [phase for run in runs if (phase := phase_of(run)) is not None]
    return sum(not is_ordinary(before, after) for before, after in pairwise(phases))
