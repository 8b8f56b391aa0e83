"""A machine that streams Gambro AK frames on a pseudo-terminal whether anybody listens or not.

A real one wants each frame acknowledged and does not start without a reset request; nothing of that is needed here,
because our side never writes. **The order of the values is made up**: the real one depends on the firmware.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import Final

from protocols.events import Observation
from protocols.gambro_ak.decoder import GambroDecoder
from protocols.gambro_ak.frames import Frame
from simulators.device_port import MachineOptions
from simulators.pty_link import PtyLink
from simulators.scenario import STEP_S, Beginning, build, load_scenario
from simulators.truth import TruthFile, entry
from telemetry.clock import MICROSECONDS, Clock
from telemetry.errors import SettingsError

log = logging.getLogger(__name__)

PROFILES: Final = ("ak-framing",)
_TICK_S: Final = 0.1
_EVERY_S: Final = 1.0
_FINE_SPEED: Final = 60.0
_FAMILY: Final = 0x46
_COMMAND: Final = b"\x02\x01"
# Signal -> what it is multiplied by on the wire; pressures and flows, volumes in litres, the rest (grade O).
_ORDER: Final = (
    ("blood_flow", 10.0), ("arterial_pressure", 10.0), ("venous_pressure", 10.0), ("transmembrane_pressure", 10.0),
    ("dialysate_flow", 10.0), ("ultrafiltration_rate", 1.0), ("ultrafiltration_volume", 1.0),
    ("dialysate_temperature", 100.0), ("dialysate_conductivity", 100.0),
)  # fmt: skip


class StreamingMachine:
    """One machine, its port and its truth. SettingsError or HomehdError when the options cannot be met."""

    def __init__(self, options: MachineOptions, clock: Clock) -> None:
        if options.profile not in PROFILES:
            raise SettingsError("choose profile", repr(options.profile), hint=f"known: {', '.join(PROFILES)}")
        if not 0.1 <= options.speed <= 3600.0:
            raise SettingsError("simulate machine", f"speed {options.speed:g}", hint="0.1 … 3600")
        self.options = options
        self.link = PtyLink(options.port)
        begin = Beginning(options.start_minute, options.onset_s, options.treatment_minutes)
        self.machine = build(load_scenario(options.scenario), options.seed, begin)
        self._clock = clock
        self._step_s = STEP_S * max(1.0, min(10.0, options.speed / _FINE_SPEED))
        self._began_s = self.machine.time_s
        self._real_0, self._wall_0 = clock.monotonic_s(), clock.now_us()
        self._due_s = clock.monotonic_s()
        self._decoder = GambroDecoder()
        self._truth = TruthFile(options.truth) if options.truth else None
        self.sent = 0

    def advance(self) -> None:
        """Bring the machine to the present, plug its port in or out, and send a frame when one is due."""
        now, machine = self._clock.monotonic_s(), self.machine
        until = self._began_s + (now - self._real_0) * self.options.speed
        while machine.time_s + self._step_s <= until:
            machine.step(self._step_s)
        gone = machine.effects.port_gone
        if gone and self.link.master >= 0:
            self.link.unplug()
        elif not gone and self.link.master < 0:
            self.link.plug_in()
        if self.link.master >= 0:
            self.link.read()  # whatever somebody writes to it changes nothing
        if now >= self._due_s:
            self._due_s = now + _EVERY_S
            if machine.answers and self.link.master >= 0:
                self._send()

    def _send(self) -> None:
        words = (round(self.machine.values[name] * factor) for name, factor in _ORDER)
        body = _COMMAND + b"".join(word.to_bytes(2, "little", signed=True) for word in words)
        data = Frame(self.sent & 0xFF, 0, _FAMILY, body).to_bytes()
        if not self.link.write(data):
            log.warning("frame not taken", extra={"fields": {"port": str(self.options.port)}})
            return
        (shown,) = self._decoder.receive(data)
        assert isinstance(shown, Observation), "the machine's own words are understood"
        if self._truth:
            time_us = self._wall_0 + round((self.machine.time_s - self._began_s) * MICROSECONDS)
            self._truth.write(entry(time_us, self.sent, self.machine.phase, shown) | {"extras": shown.extras})
        self.sent += 1

    def close(self) -> None:
        """Remove the port, close the truth."""
        self.link.unplug()
        if self._truth:
            self._truth.close()


def run_machine(options: MachineOptions, clock: Clock, stop: threading.Event) -> None:
    """One machine until `stop` is set; the port is gone afterwards."""
    with contextlib.closing(StreamingMachine(options, clock)) as machine:
        while not stop.is_set():
            machine.advance()
            stop.wait(_TICK_S)
