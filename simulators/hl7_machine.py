"""A machine that speaks the HL7 guide: connects to the box, tells readings and alarms by itself, and waits for answers.

The same patient and the same machine as behind a serial port. Simulated time is the clock's time since the start times
`speed`. Readings go out every `every_s` simulated seconds and at once when mode, pump or bypass change, alarms at once.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from protocols.events import Observation
from protocols.hl7_dialysis.decoder import Hl7Decoder
from protocols.hl7_dialysis.encode import SaidAlarm, Sender, encode_alarm, encode_readings
from simulators.hl7_alarms import AlarmTeller, limits_of
from simulators.hl7_client import Hl7Client, Outcome
from simulators.scenario import STEP_S, Beginning, build, load_scenario
from simulators.truth import TruthFile, entry
from telemetry.clock import MICROSECONDS, Clock
from telemetry.errors import SettingsError

log = logging.getLogger(__name__)

PROFILES: Final = ("rev4",)
_TICK_S: Final = 0.05
_FINE_SPEED: Final = 60.0
_SUDDEN: Final = ("machine_mode", "blood_pump_running", "fluid_bypass")
_CUFF: Final = ("systolic", "diastolic", "mean_pressure", "pulse_rate")


@dataclass(frozen=True, slots=True)
class Hl7Options:
    """One simulated machine.

    Attributes:
        connect: host:port of the box.
        every_s: simulated seconds between two readings, 0.5 … 3600.
        answer_s: seconds it waits for an answer before it sends once more.
        seed, scenario, speed, truth, start_minute, onset_s, treatment_minutes: as of `device_port.MachineOptions`.
    """

    connect: str
    profile: str = "rev4"
    scenario: str = "steady"
    seed: int = 1
    speed: float = 1.0
    every_s: float = 5.0
    answer_s: float = 5.0
    truth: Path | None = None
    start_minute: float | None = None
    onset_s: float | None = None
    treatment_minutes: float | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message ready to be sent, and its line of truth."""

    control_id: str
    data: bytes
    truth: dict[str, Any]


class TalkingMachine:
    """The machine without its network: what it has to say, in order. SettingsError for options that cannot be met."""

    def __init__(self, options: Hl7Options, clock: Clock) -> None:
        _check(options)
        self.options = options
        begin = Beginning(options.start_minute, options.onset_s, options.treatment_minutes)
        self.machine = build(load_scenario(options.scenario), options.seed, begin)
        self._clock = clock
        self._step_s = STEP_S * max(1.0, min(10.0, options.speed / _FINE_SPEED))
        self._began_s = self.machine.time_s
        self._real_0, self._wall_0 = clock.monotonic_s(), clock.now_us()
        self._sender = Sender(serial=f"SIM{options.seed:05d}", therapy=self._wall_0)
        self._teller = AlarmTeller()
        self._decoder = Hl7Decoder()
        self._due_s = self.machine.time_s
        self._sudden: tuple[float, ...] = ()
        self._cuff_count = self.machine.cuff.count
        self._count = 0

    def due(self) -> list[Message]:
        """Bring the machine to the present; every message due since the last call."""
        messages: list[Message] = []
        until = self._began_s + (self._clock.monotonic_s() - self._real_0) * self.options.speed
        while self.machine.time_s + self._step_s <= until:
            self.machine.step(self._step_s)
            messages += self._say()
        return messages

    def _say(self) -> list[Message]:
        machine = self.machine
        if not machine.answers:  # no power: nothing is said, and afterwards everything anew
            self._sudden = ()
            return []
        sudden = tuple(machine.values[name] for name in _SUDDEN)
        alarms = [self._alarm(said) for said in self._teller.due(machine, machine.time_s)]
        if sudden == self._sudden and machine.time_s < self._due_s and machine.cuff.count == self._cuff_count:
            return alarms
        self._sudden, self._due_s = sudden, machine.time_s + self.options.every_s
        return [*alarms, self._readings()]

    def _readings(self) -> Message:
        machine, values, measured = self.machine, dict(self.machine.values), {}
        if machine.cuff.count == self._cuff_count:
            values = {name: value for name, value in values.items() if name not in _CUFF}
        else:
            self._cuff_count = machine.cuff.count
            measured = dict.fromkeys(_CUFF, self._time_us(machine.cuff.taken_at_s))
        values["dialysate_temperature_setting"] = machine.prescription.dialysate_temperature_cel
        values["dialysate_conductivity_setting"] = machine.prescription.conductivity_ms_cm
        return self._message(
            lambda control_id, time_us: encode_readings(
                self._sender, control_id, time_us, values,
                events=self._teller.events, limits=limits_of(machine), measured_us=measured,
            )
        )  # fmt: skip

    def _alarm(self, said: SaidAlarm) -> Message:
        return self._message(lambda control_id, time_us: encode_alarm(self._sender, control_id, time_us, said))

    def _message(self, encode: Any) -> Message:
        self._count += 1
        control_id = f"{self._sender.serial}-{self._wall_0}-{self._count}"
        time_us = self._time_us(self.machine.time_s)
        data: bytes = encode(control_id, time_us)
        (taken,) = self._decoder.take(data, self.machine.time_s)
        assert isinstance(taken.event, Observation), "the machine's own words are understood"
        return Message(control_id, data, entry(time_us, self._count - 1, self.machine.phase, taken.event))

    def _time_us(self, machine_s: float) -> int:
        return self._wall_0 + round((machine_s - self._began_s) * MICROSECONDS)


def run_machine(options: Hl7Options, clock: Clock, stop: threading.Event) -> None:
    """One machine until `stop` is set. Its truth has a line for each message, with the answer it got."""
    machine = TalkingMachine(options, clock)
    host, _, port = options.connect.rpartition(":")
    client = Hl7Client(host.strip("[]"), int(port), clock, stop, options.answer_s)
    with contextlib.ExitStack() as stack:
        stack.callback(client.close)
        truth = TruthFile(options.truth) if options.truth else None
        if truth is not None:
            stack.callback(truth.close)
        while not stop.is_set():
            if machine.machine.effects.power_off:
                client.close()
            for message in machine.due():
                outcome = client.deliver(message.data, message.control_id)
                if truth is not None:
                    truth.write(_with_outcome(message, outcome))
                if stop.is_set():
                    break
            stop.wait(_TICK_S)


def _with_outcome(message: Message, outcome: Outcome) -> dict[str, Any]:
    return message.truth | {"answer": outcome.answer, "attempts": outcome.attempts}


def _check(options: Hl7Options) -> None:
    if options.profile not in PROFILES:
        raise SettingsError("choose profile", repr(options.profile), hint=f"known: {', '.join(PROFILES)}")
    if not 0.1 <= options.speed <= 3600.0:
        raise SettingsError("simulate machine", f"speed {options.speed:g}", hint="0.1 … 3600")
    if not 0.5 <= options.every_s <= 3600.0:
        raise SettingsError("simulate machine", f"every {options.every_s:g} s", hint="0.5 … 3600")
    host, _, port = options.connect.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise SettingsError(
            "simulate machine", repr(options.connect), hint="--connect host:port, such as 127.0.0.1:2575"
        )
