"""Findings of one treatment that is over, of one rule, and the alert they make."""

from __future__ import annotations

from alerts.records import Transition
from evaluation.episodes import Episode, episodes
from store.ended_treatments import Ended
from store.patients import Prescription
from telemetry.alarms import ConditionState, FindingState, Priority

WANTED = Ended(7, "u1", 1, 1, 0, 1_000, None, Prescription())
ACTIVE, PENDING, NORMAL = FindingState.ACTIVE, FindingState.PENDING, FindingState.NORMAL
RAISED, OVER = ConditionState.ACTIVE_UNACKNOWLEDGED, ConditionState.NORMAL


def told(at: int, state: FindingState, priority: Priority | None = None, rule: str = "R13") -> Transition:
    return Transition(0, "t", at, rule, "1.0.0+x", priority, state, f"{state} at {at}", {}, {})


def one(*transitions: Transition) -> Episode:
    (found,) = episodes(WANTED, transitions)
    return found


HIGH_FROM_100 = (told(100, PENDING, Priority.HIGH), told(115, ACTIVE, Priority.HIGH), told(300, NORMAL))
