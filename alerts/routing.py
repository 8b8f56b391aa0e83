"""Whether anybody is asked because of an alert, and why not: stages, each with a named reason. Pure.

Every open alert of a notice goes through the stages in order; the first that has something to say decides. What the
alerts come to together moves the notice (alerts.responsibility). A reason is a sentence for whoever asks "why was I not
told?", and is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from alerts import shelving, silence
from alerts.responsibility import Answerable, Move, Standing
from alerts.shelving import Shelf, ShelfKind
from alerts.silence import TreatmentEnd
from telemetry.alarms import ConditionState, Priority

# While a fault of ours lasts, what it keeps from being told is looked at again so often.
LOOK_AGAIN_US: Final = 5_000_000
# What is known of a silence changes: a last will comes, a backlog brings the end of the treatment.
KNOWN_AGAIN_US: Final = 60_000_000
# The cause group of rules about silence: what a fault of ours looks like from here.
SILENCE: Final = "telemetry"
# Why an acceptance ends before its time.
CLOSED: Final = "the account of who had accepted it was closed"
# Why it ends at its time, and what becomes of the notice.
LASTED: Final = "the acceptance has lasted its time, and the cause lasts still"
LASTED_LOW: Final = "the acceptance has lasted its time; back to the work list"
_NOW: Final = "somebody has to know now"


class Verdict(StrEnum):
    """What an alert asks for."""

    ASK = "ask"  # somebody has to know now
    SEEN = "seen"  # a person has acknowledged it
    LIST = "list"  # for the work list
    HOLD = "hold"  # set aside for now
    OVER = "over"


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """An alert as it stands.

    Attributes:
        cause: its rule's cause group. between: found by a rule between treatments.
        late: found only in readings that came too late. shelf: the newest of its unit and rule, ended or not.
        seen_before: a person has acknowledged it; where it is unacknowledged again, the rule has told it anew.
        since_us: when it was raised (microseconds since 1970 UTC).
        again: its rule has told it anew since it was set aside; of one that is not set aside never.
    """

    alert_id: int
    rule: str
    cause: str
    priority: Priority
    state: ConditionState
    late: bool = False
    between: bool = False
    shelf: Shelf | None = None
    seen_before: bool = False
    again: bool = False
    since_us: int = 0


@dataclass(frozen=True, slots=True)
class Home:
    """What is known of the unit.

    Attributes:
        in_treatment: somebody is on the machine. out_of_service: why it is out of service, empty when it is not.
        out_until_us: how long at most.
        own_fault: what keeps our own servers from hearing the homes, empty when they do.
        is_test: it serves nobody and is there to try the whole way with.
        silence: what is known of why it is not heard; asked for only with alerts about silence.
        ended: its newest treatment, where that has ended; likewise.
    """

    in_treatment: bool = False
    out_of_service: str = ""
    out_until_us: int | None = None
    own_fault: str = ""
    is_test: bool = False
    silence: str = ""
    ended: TreatmentEnd | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """A stage's word on an alert. `again_us`: when it may be another (microseconds since 1970 UTC)."""

    verdict: Verdict
    stage: str
    reason: str
    again_us: int | None = None


Stage = Callable[[AlertFacts, Home, int], Judgement | None]


def _over(alert: AlertFacts, _home: Home, _now_us: int) -> Judgement | None:
    if alert.state is not ConditionState.NORMAL:
        return None
    return Judgement(Verdict.OVER, "over", "the condition is over")


def _test(_alert: AlertFacts, home: Home, _now_us: int) -> Judgement | None:
    if not home.is_test:
        return None
    return Judgement(Verdict.LIST, "test", "a unit for tests serves nobody: no answer is asked for")


def _late(alert: AlertFacts, _home: Home, _now_us: int) -> Judgement | None:
    if not alert.late:
        return None
    return Judgement(Verdict.LIST, "late", "found in readings that came late: on record, nobody is paged for the past")


def _between(alert: AlertFacts, _home: Home, _now_us: int) -> Judgement | None:
    if not alert.between:
        return None
    return Judgement(Verdict.LIST, "between treatments", "nothing happens now: it is on the work list")


def _treatment_ended(alert: AlertFacts, home: Home, _now_us: int) -> Judgement | None:
    if alert.cause != SILENCE or home.in_treatment:
        return None
    seen = alert.state is ConditionState.ACTIVE_ACKNOWLEDGED
    why = silence.nobody_treated(home.ended, alert.since_us, seen=seen)
    return Judgement(Verdict.LIST, "treatment ended", why) if why else None


def _out_of_service(_alert: AlertFacts, home: Home, _now_us: int) -> Judgement | None:
    # Whoever is on the machine is watched, whatever somebody has said about the unit.
    if not home.out_of_service or home.in_treatment:
        return None
    return Judgement(
        Verdict.HOLD, "out of service", f"the unit is out of service: {home.out_of_service}", home.out_until_us
    )


def _shelved(alert: AlertFacts, _home: Home, now_us: int) -> Judgement | None:
    shelf = alert.shelf
    if shelf is None or shelving.ended(shelf, alert.priority, alert.alert_id, now_us, again=alert.again) is not None:
        return None
    how = "until it is over" if shelf.kind is ShelfKind.ONE_SHOT else "for a while"
    return Judgement(Verdict.HOLD, "shelved", f"set aside {how}", shelf.until_us)


def _own_fault(alert: AlertFacts, home: Home, now_us: int) -> Judgement | None:
    if alert.cause != SILENCE or not home.own_fault:
        return None
    reason = f"our own servers do not hear the homes ({home.own_fault}): operations is told once, for all"
    return Judgement(Verdict.HOLD, "our own fault", reason, now_us + LOOK_AGAIN_US)


def _seen(alert: AlertFacts, _home: Home, _now_us: int) -> Judgement | None:
    if alert.state is not ConditionState.ACTIVE_ACKNOWLEDGED:
        return None
    return Judgement(Verdict.SEEN, "acknowledged", "a person has acknowledged it")


def _low(alert: AlertFacts, _home: Home, _now_us: int) -> Judgement | None:
    if alert.priority is not Priority.LOW:
        return None
    return Judgement(Verdict.LIST, "low priority", "low priority: it is on the work list and in the digest")


def _silent(alert: AlertFacts, home: Home, now_us: int) -> Judgement | None:
    # People first: whatever is the cause, somebody may be on a machine of which nobody hears.
    if alert.cause != SILENCE:
        return None
    if alert.state is ConditionState.LATCHED_CLEAR:
        reason = "it is heard again, and nobody has seen that it was silent"
        return Judgement(Verdict.ASK, "silence", reason, now_us + KNOWN_AGAIN_US)
    reason = f"somebody may be on the machine: call the home. For the technician: {home.silence or 'cause not known'}"
    return Judgement(Verdict.ASK, "silence", reason, now_us + KNOWN_AGAIN_US)


def _told_anew(alert: AlertFacts, _home: Home, _now_us: int) -> Judgement | None:
    return Judgement(Verdict.ASK, "told anew", shelving.AGAIN) if alert.again else None


def _ask(_alert: AlertFacts, _home: Home, _now_us: int) -> Judgement | None:
    return Judgement(Verdict.ASK, "ask", _NOW)


STAGES: Final[tuple[Stage, ...]] = (
    _over, _test, _late, _between, _treatment_ended, _out_of_service, _shelved, _own_fault, _seen, _low, _silent,
    _told_anew, _ask,
)  # fmt: skip


def judge(alert: AlertFacts, home: Home, now_us: int) -> Judgement:
    """What the stages come to for one alert."""
    return next(word for stage in STAGES if (word := stage(alert, home, now_us)) is not None)


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a notice.

    Attributes:
        move: None: it stays as it is. reason: why, in words. priority: with ASK, what is asked about.
        again_us: when to look again, if nothing happens before.
    """

    move: Move | None
    reason: str
    priority: Priority | None = None
    again_us: int | None = None


def decide(
    standing: Standing, alerts: Sequence[tuple[AlertFacts, Judgement]], now_us: int, *, closed: bool = False
) -> Decision:
    """What a notice's alerts, all of them, come to for the notice as it stands.

    `closed`: the account of who has accepted it was closed, so that nobody has.
    """
    still = [(alert, word) for alert, word in alerts if word.verdict is not Verdict.OVER]
    if not still:
        return Decision(Move.RESOLVE, "every condition of it is over")
    times = [word.again_us for _, word in still if word.again_us is not None]
    expires_us = standing.until_us if standing.state is Answerable.ACCEPTED else None
    again_us = min([*times, *([expires_us] if expires_us is not None and expires_us > now_us else [])], default=None)
    asking = [alert for alert, word in still if word.verdict is Verdict.ASK]
    if closed and standing.state is Answerable.ACCEPTED:
        standing = replace(standing, until_us=now_us)
    move, reason, priority = _move(standing, still, asking, now_us)
    if closed and move in (Move.EXPIRE, Move.HOLD):
        reason = CLOSED
    return Decision(move, reason, priority, again_us)


def _move(
    standing: Standing, still: Sequence[tuple[AlertFacts, Judgement]], asking: Sequence[AlertFacts], now_us: int
) -> tuple[Move | None, str, Priority | None]:
    if asking:
        top = max((alert.priority for alert in asking), key=lambda priority: priority.rank)
        if standing.state is Answerable.NOBODY:
            return Move.ASK, shelving.AGAIN if any(alert.again for alert in asking) else _NOW, top
        if top.rank > standing.priority.rank:
            return Move.ASK, f"priority rose from {standing.priority} to {top}", top
        if standing.state is Answerable.ACCEPTED and any(alert.seen_before or alert.again for alert in asking):
            return Move.ASK, "it was seen, and has come again", standing.priority
    if standing.state is Answerable.ACCEPTED and standing.until_us is not None and now_us >= standing.until_us:
        wanted = [alert.priority for alert, word in still if word.verdict in (Verdict.ASK, Verdict.SEEN)]
        if any(priority is not Priority.LOW for priority in wanted):
            return Move.EXPIRE, LASTED, standing.priority
        return Move.HOLD, LASTED_LOW, None
    held = next((word for _, word in still if word.verdict is Verdict.HOLD), None)
    if asking or any(word.verdict is Verdict.SEEN for _, word in still):
        return None, _joined(standing), None
    if held is not None:
        return Move.HOLD, held.reason, None
    if standing.state in (Answerable.ASKING, Answerable.UNANSWERED):
        return Move.HOLD, "what is left of it is for the work list", None
    return None, still[0][1].reason, None


def _joined(standing: Standing) -> str:
    return {
        Answerable.ASKING: "people are being asked about this patient and cause already",
        Answerable.ACCEPTED: "somebody has accepted this patient and cause already",
        Answerable.UNANSWERED: "everybody has been asked about this patient and cause already",
    }.get(standing.state, "acknowledged")
