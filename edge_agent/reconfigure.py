"""Carries a remote configuration from the link into force, and back when the agent does not come up with it.

The moves are in `edge_agent.remote_config`; here are the file, the clock and the child process that checks a signature.
A change is taken up by ending the agent and starting it with the new settings, never in the middle of its work.

Who may publish on `config` and is not the registrar can cost the box one child process a minute and no more. Only that
process tells a forged message from a genuine one, so nothing in a message decides what is looked at: not its serial,
which a forger chooses. Four wait, and a fifth takes the place of one of them by lot, so that nobody keeps the places by
coming first. What keeps its place is looked at within four minutes. Each minute one place becomes free: one forged
message a minute delays a genuine one by those four minutes, f a minute take its place with a chance of 1 - (3/4)^(f-1)
each minute, and at ten that is nearly certain. No rule of ours could help, short of looking at all of them. A genuine
one that lost its place comes with the next connection to the broker, which retains the last message, or when the
registrar connects to it anew. Meanwhile the settings in force stay, and `trouble` says that not all was looked at.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from edge_agent import overlay, remote_file
from edge_agent import remote_config as remote
from edge_agent.config import EdgeConfig
from edge_agent.quiet_time import QuietTime
from edge_agent.remote_config import State
from edge_agent.signature import reason_against
from telemetry import wire
from telemetry.clock import Clock
from telemetry.errors import HomehdError, SettingsError, WireError
from telemetry.messages import MachineLink, SignedConfig
from telemetry.treatment import Phase

log = logging.getLogger(__name__)

TRIAL_S: Final = 180.0  # to reach the broker, and the machine if it was reached before
STEADY_S: Final = 20.0  # a connection that holds so long was no accident
STEP_S: Final = 0.5
RETRY_S: Final = 60.0  # a file or a child process that failed
WAITING: Final = 4  # messages not yet looked at; a retained one comes again with the next connection
TOLD_S: Final = 3600.0  # for how long to speak of messages that were not ours
LOG_EVERY_S: Final = 60.0  # what strangers can cause at will

# payload, the authority's file, the time or None -> why not, empty when genuine (`edge_agent.signature`)
Checker = Callable[[bytes, str, int | None], str]


def settings_in_force(base: EdgeConfig) -> tuple[EdgeConfig, State]:
    """What the agent is to start with: the box's own file, and over it what came over the link and is in force.

    A configuration found on trial whose agent has ended is rolled back; one that no longer fits the file is given up.
    A disk that refuses does not keep the agent from starting, but no trial begins that could not be noted.
    """
    path = remote_file.path_beside(Path(base.outbox.path))
    state = remote_file.read(path)
    if state.unit not in ("", base.unit):
        log.warning("remote configuration of another unit left aside", extra={"fields": {"unit": state.unit}})
        state = State()
    state = msgspec.structs.replace(state, unit=base.unit)
    if state.trial is not None and state.trial.started:
        state = remote.rolled_back(state, "the agent ended while trying it")
        _kept(path, state)
    if state.trial is not None and not _kept(path, remote.started(state)):
        state = remote.rolled_back(state, "the disk refuses")
    held = state.in_force
    if held is None:
        return base, state
    try:
        return overlay.merged(base, held.settings), state
    except SettingsError as error:
        log.error("remote configuration does not fit", extra={"fields": {"serial": held.serial, "why": error.line()}})
        state = remote.unfit(state, error.line())
        _kept(path, state)
        return base, state


class Reconfigure:
    """One life of the agent's dealings with its remote configuration. Every method may be called from any thread."""

    def __init__(
        self,
        base: EdgeConfig,
        state: State,
        clock: Clock,
        synchronised: Callable[[], bool],
        check: Checker = reason_against,
        last_phase: Phase | None = None,
    ) -> None:
        """`base`: the box's own file, as it was read; `state`: what `settings_in_force` gave.

        `synchronised`: whether the clock can judge a certificate. `last_phase`: what an earlier life of the agent saw.
        """
        self._base = base
        self._clock = clock
        self._synchronised = synchronised
        self._check = check
        self._path = remote_file.path_beside(Path(base.outbox.path))
        self._mutex = threading.Lock()
        self._state = state
        self._quiet = QuietTime(clock.monotonic_s(), last_phase)
        self._began_s = clock.monotonic_s()
        self._connected_since_s: float | None = None
        self._machine: MachineLink | None = None
        self._arrived: deque[bytes] = deque()
        self._logged: dict[str, tuple[float, int]] = {}
        self._strange, self._strange_until_s = "", float("-inf")
        self._next_look_s = float("-inf")
        self._next_move_s = float("-inf")
        self.wants_restart = False

    @property
    def serial(self) -> int:
        """The remote configuration in force, 0 with none."""
        held = self._state.in_force
        return held.serial if held else 0

    @property
    def trouble(self) -> str:
        """Why the newest one is not in force, empty when it is or waits for the end of a treatment.

        With nothing wrong of ours: that there was a message of somebody else's, for an hour after the last of them, or
        until a genuine one is in force.
        """
        strange = self._strange if self._clock.monotonic_s() < self._strange_until_s else ""
        return self._state.why or strange

    def received(self, payload: bytes) -> None:
        """A message came on `config`. Returns at once; `run` looks at it. One that waits already waits once."""
        with self._mutex:
            if payload in self._arrived:
                return
            full = len(self._arrived) >= WAITING
            if full:
                del self._arrived[secrets.randbelow(WAITING)]
            self._arrived.append(payload)
        if full:
            self._log_seldom(logging.WARNING, "remote configuration not looked at, too many at once", {})
            self._notice("more messages came than could be looked at, not all of them ours: new settings may come late")

    def observed(self, phase: Phase | None) -> None:
        """The machine showed a frame."""
        with self._mutex:
            self._quiet.observed(phase, self._clock.monotonic_s())

    def link(self, state: MachineLink) -> None:
        """The link to the machine changed."""
        with self._mutex:
            self._machine = state
            self._quiet.link(state, self._clock.monotonic_s())

    def connected(self) -> None:
        """The broker is there."""
        with self._mutex:
            self._connected_since_s = self._clock.monotonic_s()

    def disconnected(self) -> None:
        """The broker is gone."""
        with self._mutex:
            self._connected_since_s = None

    def run(self, stop: threading.Event) -> None:
        """Look at what comes until `stop`, which it sets itself when the agent is to start anew (`wants_restart`)."""
        while not stop.is_set():
            self.step()
            if self.wants_restart:
                stop.set()
            stop.wait(STEP_S)

    def step(self) -> None:
        """One look: at a message if there is one, else at whether it is time to move."""
        now = self._clock.monotonic_s()
        # A child process for every forged message would keep the box busy: after one, the next waits a minute.
        payload = self._next() if now >= self._next_look_s else None
        if payload is not None:
            try:
                self._look_at(payload, now)
            except HomehdError as error:
                self._next_look_s = now + RETRY_S
                _waits(error)
                # Again, but behind the others: a connection may hold for months, and bring it no second time.
                self.received(payload)
        elif now >= self._next_move_s:
            try:
                self._move(now)
            except HomehdError as error:
                self._next_move_s = now + RETRY_S
                _waits(error)

    def _next(self) -> bytes | None:
        with self._mutex:
            return self._arrived.popleft() if self._arrived else None

    def _look_at(self, payload: bytes, now: float) -> None:
        try:
            config = wire.decode_config(payload)
        except WireError as error:
            self._log_seldom(logging.ERROR, "remote configuration not understood", {"error": error.line()})
            return
        if config.serial <= self._state.newest:
            return
        if not self._base.uplink.ca_file:
            # Of this box, and true for as long as it runs, whoever sent the message.
            self._strange = "this box has no authority to check settings with (uplink.ca_file)"
            self._strange_until_s = float("inf")
            return
        fields: dict[str, object] = {"serial": config.serial}
        if why := self._reason_against(config, payload, now):
            self._log_seldom(logging.ERROR, "remote configuration not ours", {**fields, "why": why})
            self._notice(remote.not_ours(why))
            return
        try:
            overlay.merged(self._base, config.settings)
        except SettingsError as error:
            log.error("remote configuration refused", extra={"fields": {**fields, "why": error.line()}})
            self._keep(remote.refused(self._state, config.serial, error.line()))
            return
        log.info("remote configuration waits for its time", extra={"fields": {"serial": config.serial}})
        self._keep(remote.received(self._state, config.serial, config.settings))

    def _reason_against(self, config: SignedConfig, payload: bytes, now: float) -> str:
        if config.unit != self._base.unit:
            return f"for another unit: {config.unit}"
        why = self._check(payload, self._base.uplink.ca_file, self._clock.now_us() if self._synchronised() else None)
        if why:
            self._next_look_s = now + RETRY_S
        return why

    def _notice(self, text: str) -> None:
        if self._strange_until_s < float("inf"):
            self._strange, self._strange_until_s = text, self._clock.monotonic_s() + TOLD_S

    def _log_seldom(self, level: int, text: str, fields: dict[str, object]) -> None:
        """A line a minute of each text, with how many there were since the one before."""
        now = self._clock.monotonic_s()
        last_s, count = self._logged.get(text, (float("-inf"), 0))
        if now - last_s < LOG_EVERY_S:
            self._logged[text] = (last_s, count + 1)
            return
        self._logged[text] = (now, 0)
        log.log(level, text, extra={"fields": {**fields, "count": count + 1}})

    def _move(self, now: float) -> None:
        with self._mutex:
            connected_s = 0.0 if self._connected_since_s is None else now - self._connected_since_s
            quiet = self._quiet.is_quiet(now)
            machine = self._machine is MachineLink.CONNECTED
        trial = self._state.trial
        if trial is not None:
            missing = [] if connected_s >= STEADY_S else ["broker"]
            missing += ["machine"] if trial.machine and not machine else []
            if not missing:
                log.info("remote configuration in force", extra={"fields": {"serial": trial.serial}})
                self._keep(remote.came_up(self._state))
                self._strange_until_s = min(self._strange_until_s, now)
            elif now - self._began_s > TRIAL_S:
                # Also when a treatment has begun meanwhile: a home that cannot be reached is worse than a short gap.
                why = f"no {' and no '.join(missing)} within {TRIAL_S:.0f} s"
                self._restart_with(remote.rolled_back(self._state, why))
        elif self._state.pending is not None and quiet and connected_s >= STEADY_S:
            # Only from a connection that works: it is what the trial is measured by.
            self._restart_with(remote.tried(self._state, machine=machine))

    def _restart_with(self, state: State) -> None:
        self._keep(state)
        log.warning("starting anew with other settings", extra={"fields": {"serial": self.serial, "why": state.why}})
        self.wants_restart = True

    def _keep(self, state: State) -> None:
        remote_file.write(self._path, state)
        self._state = state


def _waits(error: HomehdError) -> None:
    log.error("remote configuration waits", extra={"fields": {"error": error.line()}})


def _kept(path: Path, state: State) -> bool:
    try:
        remote_file.write(path, state)
    except HomehdError as error:
        log.error("remote configuration not kept", extra={"fields": {"error": error.line()}})
        return False
    return True
