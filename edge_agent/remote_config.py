"""A remote configuration's way from arrival to force, as moves between values. Pure: files and clocks are elsewhere.

    received ─▶ pending ─(nobody is treated)─▶ on trial ─(the agent came up with it)─▶ active
                   ▲                              │
                   └──────(it did not, twice)─────┤
                                                  └─(it did not, a third time)─▶ refused; the one before stays active

A trial that ends with the process (crash, power cut) counts as one that did not come up. The serial only rises, so that
an old configuration that is sent again changes nothing.
"""

from __future__ import annotations

from typing import Final

import msgspec

MAX_TRIALS: Final = 3
MAX_REASON: Final = 200


class Settings(msgspec.Struct, frozen=True):
    """One configuration that was found to be genuine.

    Attributes:
        trials: how often the agent was started with it on trial. started: whether the present trial's agent was.
        machine: whether the machine was there when the trial was begun, so that it has to be there again.
    """

    serial: int
    settings: bytes
    trials: int = 0
    started: bool = False
    machine: bool = False


class State(msgspec.Struct, frozen=True):
    """All that is known of remote configurations, written as a whole.

    Attributes:
        refused, why: the newest serial that is not in force, and the reason, for the status.
        unit: whose this is; empty where an older agent did not say.
    """

    active: Settings | None = None
    pending: Settings | None = None
    trial: Settings | None = None
    refused: int = 0
    why: str = ""
    unit: str = ""

    @property
    def in_force(self) -> Settings | None:
        """What the agent runs with."""
        return self.trial or self.active

    @property
    def newest(self) -> int:
        """The highest serial ever taken note of."""
        held = (self.active, self.pending, self.trial)
        return max(self.refused, *(one.serial if one else 0 for one in held))


def received(state: State, serial: int, settings: bytes) -> State:
    """A genuine and valid configuration came; one that is not newer than all before it changes nothing."""
    if serial <= state.newest:
        return state
    return msgspec.structs.replace(state, pending=Settings(serial, settings), why="")


def refused(state: State, serial: int, why: str) -> State:
    """A genuine one came that may not be used. It is remembered, so that it is not looked at again."""
    if serial <= state.newest:
        return state
    return msgspec.structs.replace(state, refused=serial, why=_reason(serial, why))


def not_ours(why: str) -> str:
    """What to say of one that is not genuine. No part of the state: of nothing a forger wrote anything is kept.

    Neither its serial, for a forger would choose the highest there is, nor its failure, which is none of our settings'.
    """
    return f"a message that did not come from us was ignored, no setting is concerned: {why}"[:MAX_REASON]


def tried(state: State, *, machine: bool) -> State:
    """The pending configuration goes on trial; to be kept before the agent ends. `machine`: whether it is there now."""
    if state.pending is None or state.trial is not None:
        return state
    trial = Settings(state.pending.serial, state.pending.settings, state.pending.trials + 1, machine=machine)
    return msgspec.structs.replace(state, pending=None, trial=trial)


def started(state: State) -> State:
    """The agent is being started with what is on trial; to be kept before it is."""
    if state.trial is None:
        return state
    return msgspec.structs.replace(state, trial=msgspec.structs.replace(state.trial, started=True))


def came_up(state: State) -> State:
    """The agent works with what is on trial."""
    if state.trial is None:
        return state
    active = Settings(state.trial.serial, state.trial.settings)
    return msgspec.structs.replace(state, active=active, trial=None, why="")


def rolled_back(state: State, why: str) -> State:
    """It does not: back to what was active. The broker may have been away just then, so it is tried again, twice."""
    trial = state.trial
    if trial is None:
        return state
    reason = _reason(trial.serial, f"rolled back: {why}")
    if trial.trials >= MAX_TRIALS or state.pending is not None:
        return msgspec.structs.replace(state, trial=None, refused=max(state.refused, trial.serial), why=reason)
    pending = Settings(trial.serial, trial.settings, trial.trials)
    return msgspec.structs.replace(state, trial=None, pending=pending, why=reason)


def unfit(state: State, why: str) -> State:
    """What is in force does not fit the box's own file any more: it is given up, and the file rules."""
    held = state.in_force
    if held is None:
        return state
    given_up = {"trial": None} if state.trial else {"active": None}
    return msgspec.structs.replace(
        state, **given_up, refused=max(state.refused, held.serial), why=_reason(held.serial, why)
    )


def _reason(serial: int, why: str) -> str:
    return f"serial {serial}: {why}"[:MAX_REASON]
