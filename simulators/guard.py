"""The machine's own protective system: limits, reactions and a carer who resets; pure.

Letters are those of the JSDT frame (domain: a temperature … h other, i blood pressure), so that what the machine knows
is exactly what its protocol can say. An alarm that stops the pump latches until the carer resets it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from simulators.prescription import Prescription

TEMPERATURE, CONDUCTIVITY, VENOUS, DIALYSATE_PRESSURE, TRANSMEMBRANE = "a", "b", "c", "d", "e"
AIR, BLOOD_LEAK, OTHER, BLOOD_PRESSURE = "f", "g", "h", "i"
ARTERIAL, PUMP = "arterial", "pump"  # JSDT has no letter for these two: they are shown as OTHER

_STOPS_PUMP: Final = frozenset({VENOUS, AIR, BLOOD_LEAK, ARTERIAL})
_STOPS_FLUID: Final = frozenset({TEMPERATURE, CONDUCTIVITY, BLOOD_LEAK})
# Seconds a condition must hold before the machine speaks.
_ON_DELAY_S: Final[dict[str, float]] = {
    TEMPERATURE: 20.0, CONDUCTIVITY: 20.0, VENOUS: 2.0, DIALYSATE_PRESSURE: 5.0, TRANSMEMBRANE: 10.0,
    AIR: 0.0, BLOOD_LEAK: 1.0, BLOOD_PRESSURE: 0.0, ARTERIAL: 2.0, PUMP: 15.0,
}  # fmt: skip
_LEARN_S: Final = 30.0
_VENOUS_HIGHEST: Final = 400.0


class Guard:
    """Watches one machine.

    Attributes:
        venous_window: the learnt limits (low, high) in mmHg, or None while none are set.
    """

    def __init__(self, prescription: Prescription) -> None:
        self._p = prescription
        self._pending: dict[str, float] = {}
        self._active: dict[str, float] = {}  # alarm -> seconds it has stood
        self._steady_s = 0.0
        self._mean = 0.0
        self.venous_window: tuple[float, float] | None = None

    @property
    def letters(self) -> frozenset[str]:
        """Alarm letters standing now."""
        return frozenset(OTHER if a in (ARTERIAL, PUMP) else a for a in self._active)

    @property
    def conditions(self) -> frozenset[str]:
        """What stands now, each by its own name: for a protocol that can say more than JSDT."""
        return frozenset(self._active)

    @property
    def stops_pump(self) -> bool:
        """Whether an alarm holds the blood pump and the venous clamp."""
        return not _STOPS_PUMP.isdisjoint(self._active)

    @property
    def bypasses(self) -> bool:
        """Whether an alarm keeps dialysate away from the filter."""
        return not _STOPS_FLUID.isdisjoint(self._active)

    def clear(self) -> None:
        """Nobody is connected: nothing to protect, all limits open."""
        self._pending.clear()
        self._active.clear()
        self.relearn()

    def relearn(self) -> None:
        """The flow was changed or the pump restarted: open the window until the pressure is steady again."""
        self._steady_s, self.venous_window = 0.0, None

    def step(
        self,
        dt: float,
        seen: Mapping[str, float],
        *,
        treating: bool,
        pump_should_run: bool,
        steady: bool,
        air: bool,
        leak: bool,
    ) -> None:
        """`dt` seconds of watching what the sensors say (`seen`, catalogue names); blood is in the circuit."""
        flow = seen["blood_flow"]
        running = flow > 0.0
        self._learn(dt, seen["venous_pressure"], steady=steady and running)
        limits = self.venous_window or (-80.0, _VENOUS_HIGHEST)
        p = self._p
        breached = {
            VENOUS: running and not limits[0] <= seen["venous_pressure"] <= limits[1],
            ARTERIAL: running and seen["arterial_pressure"] < p.arterial_limit_mmhg,
            TRANSMEMBRANE: treating and seen["transmembrane_pressure"] > p.transmembrane_limit_mmhg,
            DIALYSATE_PRESSURE: treating and seen["dialysate_pressure"] < -400.0,
            TEMPERATURE: treating and abs(seen["dialysate_temperature"] - p.dialysate_temperature_cel) > 1.5,
            CONDUCTIVITY: treating and abs(seen["dialysate_conductivity"] / p.conductivity_ms_cm - 1.0) > 0.05,
            AIR: air,
            BLOOD_LEAK: leak,
            PUMP: pump_should_run and not running,
            BLOOD_PRESSURE: not p.systolic_low_mmhg <= seen.get("systolic", 120.0) <= p.systolic_high_mmhg,
        }
        for alarm, is_breached in breached.items():
            self._follow(dt, alarm, is_breached)

    def _follow(self, dt: float, alarm: str, breached: bool) -> None:
        if alarm in self._active:
            self._active[alarm] += dt
            answered = alarm not in _STOPS_PUMP or self._active[alarm] >= self._p.carer_response_s
            if not breached and answered:
                del self._active[alarm]
                if alarm in _STOPS_PUMP:
                    self.relearn()
        elif not breached:
            self._pending.pop(alarm, None)
        else:
            held = self._pending.get(alarm, -dt) + dt
            self._pending[alarm] = held
            if held >= _ON_DELAY_S[alarm]:
                del self._pending[alarm]
                self._active[alarm] = 0.0

    def _learn(self, dt: float, venous: float, *, steady: bool) -> None:
        if not steady:
            self.relearn()
        elif self.venous_window is None:
            self._mean = venous if self._steady_s == 0.0 else self._mean + (venous - self._mean) * dt / 10.0
            self._steady_s += dt
            if self._steady_s >= _LEARN_S:
                width = self._p.venous_window_mmhg
                self.venous_window = max(10.0, self._mean - width), min(_VENOUS_HIGHEST, self._mean + width)
