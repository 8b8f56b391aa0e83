"""The life of a condition, for the people who answer it: a table of states and moves.

A *finding* is what a rule sees; a *condition* is what people are asked to look at. Findings move conditions, so do
people; nothing else does. Vocabulary and latching: IEC 60601-1-8.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from telemetry.alarms import ConditionState, FindingState, Priority

_UNACKNOWLEDGED: Final = ConditionState.ACTIVE_UNACKNOWLEDGED
_ACKNOWLEDGED: Final = ConditionState.ACTIVE_ACKNOWLEDGED
_LATCHED: Final = ConditionState.LATCHED_CLEAR
_NORMAL: Final = ConditionState.NORMAL


class Move(StrEnum):
    """What can happen to a condition."""

    RAISE = "raise"  # the rule became active
    ESCALATE = "escalate"  # active at a higher priority than before, or found once more
    LOWER = "lower"  # active at a lower priority than before
    UPDATE = "update"  # active as before, but something about it changed (its input was lost, a second sensor)
    CLEAR = "clear"  # the rule is no longer active
    ACKNOWLEDGE = "acknowledge"  # a person has seen it


# (state, move) -> next state; what is not in the table changes nothing. CLEAR of a latching condition that nobody has
# seen goes to LATCHED_CLEAR instead: see `next_state`.
TABLE: Final[dict[tuple[ConditionState, Move], ConditionState]] = {
    (_NORMAL, Move.RAISE): _UNACKNOWLEDGED,
    (_UNACKNOWLEDGED, Move.RAISE): _UNACKNOWLEDGED,
    (_UNACKNOWLEDGED, Move.ESCALATE): _UNACKNOWLEDGED,
    (_UNACKNOWLEDGED, Move.LOWER): _UNACKNOWLEDGED,
    (_UNACKNOWLEDGED, Move.UPDATE): _UNACKNOWLEDGED,
    (_UNACKNOWLEDGED, Move.ACKNOWLEDGE): _ACKNOWLEDGED,
    (_UNACKNOWLEDGED, Move.CLEAR): _NORMAL,
    (_ACKNOWLEDGED, Move.RAISE): _ACKNOWLEDGED,
    (_ACKNOWLEDGED, Move.ESCALATE): _UNACKNOWLEDGED,
    (_ACKNOWLEDGED, Move.LOWER): _ACKNOWLEDGED,
    (_ACKNOWLEDGED, Move.UPDATE): _ACKNOWLEDGED,
    (_ACKNOWLEDGED, Move.CLEAR): _NORMAL,
    (_LATCHED, Move.RAISE): _UNACKNOWLEDGED,
    (_LATCHED, Move.ESCALATE): _UNACKNOWLEDGED,
    (_LATCHED, Move.ACKNOWLEDGE): _NORMAL,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """Where one rule's condition of one unit stands.

    Attributes:
        priority: None in NORMAL; while a latching condition is unacknowledged, the highest it has had.
        latching: whether it stays until a person has seen it; from `latches(rule.latch, priority)`.
    """

    state: ConditionState = _NORMAL
    priority: Priority | None = None
    latching: bool = False

    @property
    def is_open(self) -> bool:
        """Whether anybody is still asked to look at it."""
        return self.state is not _NORMAL


def latches(rule_latch: bool, priority: Priority | None) -> bool:
    """Whether a condition stays after its cause has gone: the rule says so and the priority is not low.

    High latches, medium latches into a message, low does not (IEC 60601-1-8 as we apply it).
    """
    return rule_latch and priority is not None and priority is not Priority.LOW


def move_for(
    condition: Condition, state: FindingState, priority: Priority | None, *, again: bool = False
) -> Move | None:
    """The move a rule's new finding makes, or None when it makes none. `again`: see `alerts.records.Transition`.

    The engine never lets an active finding go for want of data, so any state but `active` and `pending` that it
    reports means the cause has gone or the treatment has ended. `pending` after a restart with new rules says nothing.
    """
    if state is FindingState.ACTIVE:
        if condition.state in (_NORMAL, _LATCHED):
            return Move.RAISE
        if again:
            return Move.ESCALATE
        return _compare(condition.priority, priority)
    if state is FindingState.PENDING or condition.state in (_NORMAL, _LATCHED):
        return None
    return Move.CLEAR


def apply(condition: Condition, move: Move, priority: Priority | None = None, *, latch: bool = False) -> Condition:
    """The condition after a move. `priority` and the rule's `latch` matter to moves that come from a finding."""
    after = next_state(condition, move)
    if after is _NORMAL:
        return Condition()
    if move in (Move.CLEAR, Move.ACKNOWLEDGE) or priority is None or after is _LATCHED:
        return replace(condition, state=after)
    kept = condition.priority if condition.latching and condition.state is not _ACKNOWLEDGED else None
    highest = max((p for p in (kept, priority) if p is not None), key=lambda p: p.rank)
    return Condition(after, highest, latches(latch, highest))


def next_state(condition: Condition, move: Move) -> ConditionState:
    """The state after a move; the same one where the table knows no such move (a second acknowledgement, say)."""
    if move is Move.CLEAR and condition.state is _UNACKNOWLEDGED and condition.latching:
        return _LATCHED
    return TABLE.get((condition.state, move), condition.state)


def fold(moves: Iterable[tuple[Move, Priority | None]], *, latch: bool) -> Condition:
    """Where a condition stands after a history of moves, from NORMAL."""
    condition = Condition()
    for move, priority in moves:
        condition = apply(condition, move, priority, latch=latch)
    return condition


def _compare(before: Priority | None, after: Priority | None) -> Move:
    old = before.rank if before else 0
    new = after.rank if after else 0
    if new > old:
        return Move.ESCALATE
    return Move.LOWER if new < old else Move.UPDATE
