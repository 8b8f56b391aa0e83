"""Who is answerable for a notice: a table of states and moves, beside the condition's own (alerts.lifecycle).

A *notice* is what people are told: the open alerts of one patient and one cause. Somebody accepts it or rejects it;
until then it is nobody's. An acceptance lasts for a while and is asked for again while the cause lasts. The words are
those of a confirmed distributed alarm system (IEC 60601-1-8): responsibility is undefined, accepted or rejected.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from telemetry.alarms import Priority


class Answerable(StrEnum):
    """Where the responsibility for a notice stands."""

    NOBODY = "nobody"  # nobody is asked: it is for the work list, or held back
    ASKING = "asking"  # people are being asked, one step after the other
    ACCEPTED = "accepted"
    UNANSWERED = "unanswered"  # everybody was asked and nobody accepted
    OVER = "over"  # every alert of it is normal


class Move(StrEnum):
    """What can happen to it. By a person: ACCEPT, REJECT, RELEASE, TAKE_OVER; the others are the system's."""

    ASK = "ask"  # somebody has to know, or has to know of more than before
    HOLD = "hold"  # nobody is to be asked now: shelved, out of service, acknowledged elsewhere
    ACCEPT = "accept"
    REJECT = "reject"
    RELEASE = "release"  # who accepted gives it back
    TAKE_OVER = "take over"  # from who accepted
    EXPIRE = "expire"  # the acceptance has lasted its time and the cause lasts still
    RUN_OUT = "run out"  # the last step is done
    RESOLVE = "resolve"  # no alert of it is open


_NOBODY: Final = Answerable.NOBODY
_ASKING: Final = Answerable.ASKING
_ACCEPTED: Final = Answerable.ACCEPTED
_UNANSWERED: Final = Answerable.UNANSWERED
_OVER: Final = Answerable.OVER

# What is not in the table is refused: nothing happens and nothing is written.
TABLE: Final[dict[tuple[Answerable, Move], Answerable]] = {
    (_NOBODY, Move.ASK): _ASKING,
    (_NOBODY, Move.ACCEPT): _ACCEPTED,
    (_NOBODY, Move.RESOLVE): _OVER,
    (_ASKING, Move.ASK): _ASKING,
    (_ASKING, Move.HOLD): _NOBODY,
    (_ASKING, Move.ACCEPT): _ACCEPTED,
    (_ASKING, Move.REJECT): _ASKING,
    (_ASKING, Move.RUN_OUT): _UNANSWERED,
    (_ASKING, Move.RESOLVE): _OVER,
    (_ACCEPTED, Move.ASK): _ASKING,
    (_ACCEPTED, Move.HOLD): _NOBODY,
    (_ACCEPTED, Move.RELEASE): _ASKING,
    (_ACCEPTED, Move.TAKE_OVER): _ACCEPTED,
    (_ACCEPTED, Move.EXPIRE): _ASKING,
    (_ACCEPTED, Move.RESOLVE): _OVER,
    (_UNANSWERED, Move.ASK): _ASKING,
    (_UNANSWERED, Move.HOLD): _NOBODY,
    (_UNANSWERED, Move.ACCEPT): _ACCEPTED,
    (_UNANSWERED, Move.REJECT): _UNANSWERED,
    (_UNANSWERED, Move.RESOLVE): _OVER,
}

# A design default of ours: so long an acceptance counts while the cause lasts. Whoever has really gone to it says so
# again with one touch; whoever has fallen asleep does not.
ACCEPTED_FOR_S: Final = {Priority.HIGH: 15 * 60, Priority.MEDIUM: 60 * 60, Priority.LOW: 7 * 24 * 3600}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one notice stands.

    Attributes:
        priority: the highest that anybody was asked about; of a notice nobody was asked about, its alerts' highest.
        round: counts how often people were asked from the start; 0: never.
        by: user id of who accepted, until `until_us` (microseconds since 1970 UTC).
    """

    state: Answerable
    priority: Priority
    round: int = 0
    by: int | None = None
    until_us: int | None = None


def after(
    standing: Standing, move: Move, now_us: int, *, by: int | None = None, priority: Priority | None = None
) -> Standing | None:
    """The standing after a move, None where the table refuses it.

    `by`: the person, for moves of a person. RELEASE and TAKE_OVER: only who accepted can give back, and nobody can take
    over from themselves. `priority`: with ASK, what is asked about.
    """
    state = TABLE.get((standing.state, move))
    if state is None:
        return None
    if move is Move.RELEASE and by != standing.by:
        return None
    if move is Move.TAKE_OVER and by == standing.by:
        return None
    if move in (Move.ACCEPT, Move.TAKE_OVER):
        return replace(standing, state=state, by=by, until_us=now_us + ACCEPTED_FOR_S[standing.priority] * 1_000_000)
    if move is Move.REJECT:
        return standing
    asked = state is _ASKING
    return Standing(state, priority or standing.priority, standing.round + asked)
