"""Whom a notice is taken to, and when: the plan of steps, and who is addressed by one. Pure: people are handed in.

High: receipt within 30 s or the second channel, accepted within 2 min or the backup, 4 min everyone on the rota, 6 min
the documented pathway; medium 5, 10, 20 min; low goes to the work list (design defaults of ours, decision 29). A round
that nobody has accepted begins anew, for ever.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from telemetry.alarms import Priority


class StepKind(StrEnum):
    """What a step does."""

    FIRST = "first"  # who is on call first
    SECOND_CHANNEL = "second channel"  # the same, another way, where no device has said it got it
    BACKUP = "backup"
    EVERYONE = "everyone"  # on the rota; and the home is to be called
    PATHWAY = "pathway"  # the clinic's documented emergency pathway; operations is told that nobody answers
    REPEAT = "repeat"  # all over again


@dataclass(frozen=True, slots=True)
class Step:
    """A step, so many seconds after the first."""

    kind: StepKind
    after_s: int


PLANS: Final[dict[Priority, tuple[Step, ...]]] = {
    Priority.HIGH: (
        Step(StepKind.FIRST, 0),
        Step(StepKind.SECOND_CHANNEL, 30),
        Step(StepKind.BACKUP, 120),
        Step(StepKind.EVERYONE, 240),
        Step(StepKind.PATHWAY, 360),
        Step(StepKind.REPEAT, 480),
    ),
    Priority.MEDIUM: (
        Step(StepKind.FIRST, 0),
        Step(StepKind.BACKUP, 300),
        Step(StepKind.EVERYONE, 600),
        Step(StepKind.PATHWAY, 1200),
        # IEC 60601-1-8's reminder: at most every 15 minutes.
        Step(StepKind.REPEAT, 2100),
    ),
    Priority.LOW: (),
}


@dataclass(frozen=True, slots=True)
class Way:
    """A channel of a person that may be used. `tier`: 1 at once, 2 where the first gave no receipt or time is short."""

    channel_id: int
    user_id: int
    tier: int


@dataclass(frozen=True, slots=True)
class People:
    """Who is on call for a notice: user ids. `pathway`: who hears of it when nobody has answered."""

    first: tuple[int, ...] = ()
    backup: tuple[int, ...] = ()
    everyone: tuple[int, ...] = ()
    pathway: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What has happened in this round.

    Attributes:
        used: channels that were addressed. received: people one of whose devices said it has it.
        rejected: people who do not take it.
    """

    used: frozenset[int] = frozenset()
    received: frozenset[int] = frozenset()
    rejected: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Addressed:
    """What a step comes to: channels to be used, and the reason in words, for whoever asks why they were (not) told."""

    ways: tuple[Way, ...]
    reason: str

    @property
    def nobody(self) -> bool:
        """Whether the step reaches no one: the next one need not wait."""
        return not self.ways


def addressed(kind: StepKind, priority: Priority, people: People, ways: Sequence[Way], told: Told) -> Addressed:
    """The channels a step uses. In one round no channel is used twice, and nobody who has rejected is asked again."""
    if kind is StepKind.SECOND_CHANNEL:
        return _second(people, ways, told)
    wanted = {
        StepKind.FIRST: people.first, StepKind.BACKUP: people.backup, StepKind.EVERYONE: people.everyone,
        StepKind.PATHWAY: people.everyone + people.pathway,
    }.get(kind, ())  # fmt: skip
    if not wanted:
        return Addressed((), f"nobody is on call for this step ({kind})")
    asked = [user for user in dict.fromkeys(wanted) if user not in told.rejected]
    if not asked:
        return Addressed((), "whoever is on call for this step has rejected it")
    # Minutes count: a high one that the first has not taken goes every way at once.
    hurry = priority is Priority.HIGH and kind is not StepKind.FIRST
    chosen = _of(asked, ways, told.used, every_tier=hurry)
    if not chosen:
        return Addressed((), "no channel is left: " + _without(asked, ways))
    return Addressed(chosen, f"{kind}: {len({way.user_id for way in chosen})} asked")


def _second(people: People, ways: Sequence[Way], told: Told) -> Addressed:
    silent = [user for user in people.first if user not in told.received and user not in told.rejected]
    if not silent:
        return Addressed((), "a device has said it got the message, or it was rejected: no second channel is needed")
    chosen = _of(silent, ways, told.used, every_tier=True)
    if not chosen:
        return Addressed((), "no receipt, and no second channel")
    return Addressed(chosen, "no receipt within 30 s")


def _of(users: Sequence[int], ways: Sequence[Way], used: Collection[int], *, every_tier: bool) -> tuple[Way, ...]:
    chosen: list[Way] = []
    for user in users:
        own = [way for way in ways if way.user_id == user]
        first = [way for way in own if every_tier or way.tier == 1]
        chosen += [way for way in first or own if way.channel_id not in used]
    return tuple(chosen)


def _without(users: Sequence[int], ways: Sequence[Way]) -> str:
    reachable = {way.user_id for way in ways}
    without = [user for user in users if user not in reachable]
    return f"{len(without)} on call without any channel" if without else "each was used in this round"
