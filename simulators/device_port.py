"""Machines on pseudo-terminals: each answers the poll `K CR LF` with one frame, and nothing else, ever.

One loop serves any number of machines. Simulated time is the clock's time since the start times `speed`; a machine is
stepped when it is asked, or four times a second, so a quiet one costs next to nothing.
"""

from __future__ import annotations

import contextlib
import logging
import select
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from protocols.events import Observation
from protocols.jsdt.decoder import JsdtDecoder
from protocols.jsdt.encode import encode
from protocols.jsdt.frames import POLL
from protocols.jsdt.profiles import get_profile
from simulators.extras import extras_of
from simulators.pty_link import PtyLink
from simulators.scenario import STEP_S, Beginning, build, load_scenario
from simulators.truth import TruthFile, entry
from telemetry.clock import MICROSECONDS, Clock
from telemetry.errors import SettingsError

log = logging.getLogger(__name__)
_TICK_S: Final = 0.25
_FINE_SPEED: Final = 60.0  # up to this speed the step, and so the series, does not depend on the speed


@dataclass(frozen=True, slots=True)
class MachineOptions:
    """One simulated machine.

    Attributes:
        port: the path that becomes a link to the pseudo-terminal.
        scenario: a name of `simulators.scenario.names()`, or a path ending in .toml.
        speed: simulated seconds per second, 0.1 … 3600.
        truth: file for what was shown, or None.
        start_minute: begin this far into the treatment; None = at switching on.
        onset_s: simulated seconds from the start to the scenario's faults; None = the scenario's own.
        treatment_minutes: length of the treatment; None = the scenario's own.
    """

    protocol: str
    profile: str
    port: Path
    scenario: str = "steady"
    seed: int = 1
    speed: float = 1.0
    truth: Path | None = None
    start_minute: float | None = None
    onset_s: float | None = None
    treatment_minutes: float | None = None


class PortedMachine:
    """One machine, its port and its truth file. SettingsError or HomehdError when the options cannot be met."""

    def __init__(self, options: MachineOptions, clock: Clock) -> None:
        if options.protocol != "jsdt":
            raise SettingsError("choose protocol", repr(options.protocol), hint="the simulator speaks: jsdt")
        if not 0.1 <= options.speed <= 3600.0:
            raise SettingsError("simulate machine", f"speed {options.speed:g}", hint="0.1 … 3600")
        self.options = options
        self._profile = get_profile(options.profile)
        self._decoder = JsdtDecoder(self._profile)
        self.link = PtyLink(options.port)
        scenario = load_scenario(options.scenario)
        begin = Beginning(options.start_minute, options.onset_s, options.treatment_minutes)
        self.machine = build(scenario, options.seed, begin)
        self._step_s = STEP_S * max(1.0, min(10.0, options.speed / _FINE_SPEED))
        self._clock = clock
        self._began_s = self.machine.time_s
        self._real_0, self._wall_0 = clock.monotonic_s(), clock.now_us()
        self._truth = TruthFile(options.truth) if options.truth else None
        self._waiting = b""
        self.answered = 0

    def advance(self) -> None:
        """Bring the machine to the present, and its port with it."""
        due = self._began_s + self._simulated_s()
        machine = self.machine
        while machine.time_s + self._step_s <= due:
            machine.step(self._step_s)
        gone = machine.effects.port_gone
        if gone and self.link.master >= 0:
            log.info("port gone", extra={"fields": {"port": str(self.options.port)}})
            self.link.unplug()
        elif not gone and self.link.master < 0:
            self.link.plug_in()
            self._waiting = b""
            log.info("port ready", extra={"fields": {"port": str(self.options.port), "profile": self._profile.name}})

    def _simulated_s(self) -> float:
        return (self._clock.monotonic_s() - self._real_0) * self.options.speed

    def serve(self) -> None:
        """Read what the host sent and answer every poll in it; without power everything is lost."""
        if self.link.master < 0:
            return
        self._waiting += self.link.read()
        polls, tail = self._waiting.count(POLL), self._waiting.rpartition(POLL)[2]
        self._waiting = tail[-(len(POLL) - 1) :]
        for _ in range(polls if self.machine.answers else 0):
            self._answer()

    def _answer(self) -> None:
        machine = self.machine
        frame = encode(self._profile, machine.values, machine.alarms, phase=machine.phase, extras=extras_of(machine))
        line = self._truth_line(frame) if self._truth else None
        if not self.link.write(frame):
            log.warning("answer not taken", extra={"fields": {"port": str(self.options.port)}})
            return
        self.answered += 1
        if self._truth and line:
            self._truth.write(line)

    def _truth_line(self, frame: bytes) -> dict[str, Any]:
        shown = next(seen for seen in self._decoder.receive(frame) if isinstance(seen, Observation))
        time_us = self._wall_0 + round(self._simulated_s() * MICROSECONDS)
        return entry(time_us, self.answered, self.machine.phase, shown)

    def close(self) -> None:
        """Remove the port, close the truth."""
        self.link.unplug()
        if self._truth:
            self._truth.close()


def run_machine(options: MachineOptions, clock: Clock, stop: threading.Event) -> None:
    """One machine until `stop` is set; the port is gone afterwards."""
    run_machines([options], clock, stop)


def run_machines(machines: Sequence[MachineOptions], clock: Clock, stop: threading.Event) -> None:
    """Several machines in this thread until `stop` is set (noticed within a quarter of a second)."""
    with contextlib.ExitStack() as stack:
        running: list[PortedMachine] = []
        for options in machines:
            running.append(PortedMachine(options, clock))
            stack.callback(running[-1].close)
        while not stop.is_set():
            for machine in running:
                machine.advance()
            _serve_waiting(running)


def _serve_waiting(running: Sequence[PortedMachine]) -> None:
    """Wait for a poll, a quarter of a second at most, and answer what has come."""
    waiter = select.poll()
    plugged = {machine.link.master: machine for machine in running if machine.link.master >= 0}
    for descriptor in plugged:
        waiter.register(descriptor, select.POLLIN)
    for descriptor, _events in waiter.poll(_TICK_S * 1000.0):
        plugged[descriptor].advance()
        plugged[descriptor].serve()
