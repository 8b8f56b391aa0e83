"""What a gateway at the bedside has to say: the machine's whole picture every second, the cuff and the scale beside it.

The same patient and the same machine as behind a serial port, without a network. Simulated time is the clock's time
since the start times `speed`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from protocols.events import Alarm, Delivery, Observation
from protocols.mqtt_gateway import encode
from protocols.mqtt_gateway.decoder import observe
from protocols.mqtt_gateway.messages import Alive, Message
from simulators import guard
from simulators.cuff import Cuff
from simulators.scenario import STEP_S, Beginning, build, load_scenario
from simulators.truth import entry
from telemetry.alarms import EVENT_BY_NAME
from telemetry.clock import MICROSECONDS, Clock
from telemetry.errors import SettingsError
from telemetry.treatment import Phase

PROFILES: Final = ("gateway-1",)
ALIVE_EVERY_S: Final = 10.0
_FINE_SPEED: Final = 60.0
_MOST_A_SECOND: Final = 10.0  # half of what a box takes
_CUFF: Final = ("systolic", "diastolic", "mean_pressure", "pulse_rate")
_LEFT_OUT: Final = frozenset({*_CUFF, "machine_mode"})
_ABOUT: Final = {
    guard.TEMPERATURE: "dialysate_temperature",
    guard.CONDUCTIVITY: "dialysate_conductivity",
    guard.VENOUS: "venous_pressure",
    guard.DIALYSATE_PRESSURE: "dialysate_pressure",
    guard.TRANSMEMBRANE: "transmembrane_pressure",
    guard.BLOOD_PRESSURE: "systolic",
    guard.ARTERIAL: "arterial_pressure",
}
_EVENTS: Final = {
    guard.AIR: "MDC_EVT_HDIALY_SAFETY_VEN_AIR_DETECT",
    guard.BLOOD_LEAK: "MDC_EVT_HDIALY_BLOOD_LEAK",
    guard.PUMP: "MDC_EVT_HDIALY_BLD_PUMP_STOP",
}


@dataclass(frozen=True, slots=True)
class GatewayOptions:
    """One simulated gateway.

    Attributes:
        broker: mqtt://host:port of the home's broker.
        prefix: the topics are `<prefix>/<source>/<kind>`.
        beside: cuff and scale only; the machine is on another line.
        cuff_minutes: between two blood pressures; None = as prescribed.
        every_s: simulated seconds between two pictures, 0.5 … 3600; more where the speed would make too many of them.
        seed, scenario, speed, start_minute, onset_s, treatment_minutes: as of `device_port.MachineOptions`.
    """

    broker: str
    profile: str = "gateway-1"
    prefix: str = "homehd/gateway"
    beside: bool = False
    cuff_minutes: float | None = None
    every_s: float = 1.0
    scenario: str = "steady"
    seed: int = 1
    speed: float = 1.0
    start_minute: float | None = None
    onset_s: float | None = None
    treatment_minutes: float | None = None

    @property
    def source(self) -> str:
        """Who it says it is."""
        return "cuff-and-scale" if self.beside else "bedside"


@dataclass(frozen=True, slots=True)
class Said:
    """One message ready to be published.

    Attributes:
        qos: 1 for what is measured once. truth: its line, None for a sign of life.
    """

    kind: str
    payload: bytes
    qos: int
    truth: dict[str, Any] | None


class GatewayMachine:
    """The bedside and what is to be said of it, in order. SettingsError for options that cannot be met."""

    def __init__(self, options: GatewayOptions, clock: Clock) -> None:
        _check(options)
        self.options = options
        begin = Beginning(options.start_minute, options.onset_s, options.treatment_minutes)
        self.machine = build(load_scenario(options.scenario), options.seed, begin)
        if options.cuff_minutes is not None:
            self.machine.cuff = Cuff(60.0 * options.cuff_minutes)
        self._clock = clock
        self._step_s = STEP_S * max(1.0, min(10.0, options.speed / _FINE_SPEED))
        self._every_s = max(options.every_s, options.speed / _MOST_A_SECOND)
        self._began_s = self.machine.time_s
        self._real_0, self._wall_0 = clock.monotonic_s(), clock.now_us()
        self._seq = 0
        self._cuff_count = self.machine.cuff.count
        self._picture_s = self._alive_s = self.machine.time_s
        self._shown: tuple[Phase, frozenset[str]] | None = None
        self._weighed: set[str] = set()

    def due(self) -> list[Said]:
        """Bring the bedside to the present; every message due since the last call."""
        said: list[Said] = []
        until = self._began_s + (self._clock.monotonic_s() - self._real_0) * self.options.speed
        while self.machine.time_s + self._step_s <= until:
            self.machine.step(self._step_s)
            said += self._say()
        return said

    def _say(self) -> list[Said]:
        machine = self.machine
        said = [*self._weight(), *self._pressure()]
        if not self.options.beside and machine.answers:
            shown = (machine.phase, machine.guard.conditions)
            if shown != self._shown or machine.time_s >= self._picture_s:
                self._shown, self._picture_s = shown, machine.time_s + self._every_s
                said.append(self._picture())
        if machine.time_s >= self._alive_s:
            self._alive_s = machine.time_s + ALIVE_EVERY_S * max(1.0, self.options.speed / _MOST_A_SECOND)
            said.append(self._said(encode.alive(self._which(), self._state())))
        return said

    def _state(self) -> Literal["connected", "silent", "none"]:
        if self.options.beside:
            return "none"
        return "connected" if self.machine.answers else "silent"

    def _picture(self) -> Said:
        values = {name: value for name, value in self.machine.values.items() if name not in _LEFT_OUT}
        alarms = [_alarm(condition) for condition in sorted(self.machine.guard.conditions)]
        return self._said(encode.readings(self._which(), values, self.machine.phase, alarms, self._time()))

    def _pressure(self) -> list[Said]:
        if self.machine.cuff.count == self._cuff_count or "systolic" not in self.machine.values:
            return []
        self._cuff_count = self.machine.cuff.count
        measured = {name: self.machine.values[name] for name in _CUFF}
        return [self._said(encode.cuff(self._which(), measured, self._time()))]

    def _weight(self) -> list[Said]:
        """Before: as soon as there is a patient who could step on the scale. After: when the machine drains."""
        p, machine = self.machine.patient.parameters, self.machine
        before = p.target_weight_kg + p.overload_ml / 1000.0
        due = {}
        if machine.phase in (Phase.PRETX, Phase.TX) and "weight_before" not in self._weighed:
            due["weight_before"] = before
        if machine.phase is Phase.POSTTX and "weight_after" not in self._weighed:
            due["weight_after"] = before - machine.values["ultrafiltration_volume"] / 1000.0
        self._weighed |= due.keys()
        return [self._said(encode.scale(self._which(), {name: round(kg, 1)}, self._time())) for name, kg in due.items()]

    def _which(self) -> Delivery:
        self._seq += 1
        return Delivery(self.options.source, f"{self._wall_0:x}-{self.options.seed}", self._seq)

    def _said(self, message: Message) -> Said:
        kind, payload = str(message.__struct_config__.tag), encode.encode(message)
        if isinstance(message, Alive):
            return Said(kind, payload, 0, None)
        shown = observe(message)
        return Said(kind, payload, int(shown.beside), self._truth(kind, shown))

    def _truth(self, kind: str, shown: Observation) -> dict[str, Any]:
        return entry(self._time_us(), self._seq, self.machine.phase, shown) | {"kind": kind}

    def _time_us(self) -> int:
        return self._wall_0 + round((self.machine.time_s - self._began_s) * MICROSECONDS)

    def _time(self) -> str:
        # The gateway has no calendar: what it says of time is information only, and this says so.
        seconds = int(self.machine.time_s)
        return f"1970-01-01T{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}Z"


def _alarm(condition: str) -> Alarm:
    event = EVENT_BY_NAME[_EVENTS.get(condition, "MDC_EVT_ALARM")]
    return Alarm(event.name, event.code, _ABOUT.get(condition, ""))


def _check(options: GatewayOptions) -> None:
    if options.profile not in PROFILES:
        raise SettingsError("choose profile", repr(options.profile), hint=f"known: {', '.join(PROFILES)}")
    if not 0.1 <= options.speed <= 3600.0:
        raise SettingsError("simulate machine", f"speed {options.speed:g}", hint="0.1 … 3600")
    if not 0.5 <= options.every_s <= 3600.0:
        raise SettingsError("simulate machine", f"every {options.every_s:g} s", hint="0.5 … 3600")
    if options.cuff_minutes is not None and not 0.5 <= options.cuff_minutes <= 600.0:
        raise SettingsError("simulate machine", f"--cuff-minutes {options.cuff_minutes:g}", hint="0.5 … 600")
