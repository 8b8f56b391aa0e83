"""Random series: many units on one server's time, each with its own silences, faults and clock errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, nan

import numpy as np

from telemetry.treatment import Phase
from tests.alerts.oracle.rules import SECOND, Patient

# What a value may be around: some on a limit, some just beside it, some that no sensor can read.
POOL: dict[str, tuple[float, ...]] = {
    "blood_flow": (300, 300, 300, 330, 250, 200, 190, 150, 0, 0, 701),
    "venous_pressure": (150, 180, 24, 25, 35, 200, 229, 230, 250, 250.0001, 262, 280, 300, 301, 400, 600),
    "arterial_pressure": (-150, -150, -180, -200, -200.0001, -220, -230, -250, -251, -600),
    "transmembrane_pressure": (100, 100, 280, 300, 300.0001, 320, 401, 900),
    "dialysate_conductivity": (14, 14, 14.35, 14.36, 13.65, 13.64, 14.7, 14.71, 13.2, 14.2, 25),
    "dialysate_temperature": (36.5, 36.5, 39, 39.1, 38.5, 41, 41.0001, 40.5, 33, 32.9, 33.5, 50),
    "ultrafiltration_rate": (600, 750, 750.1, 800, 975, 976, 720, 5000),
    "systolic": (120, 90, 500),
    "blood_pump_running": (nan, nan, 1, 1, 0),
}
WOBBLES = {"venous_pressure", "arterial_pressure", "transmembrane_pressure"}
BAD = (nan, inf, -inf, 3e38, -3e38)
PHASES = [Phase.TX] * 12 + [Phase.UNKNOWN] * 4 + [Phase.PRETX, Phase.POSTTX, Phase.IDL]
ALARMS = (
    "MDC_EVT_HDIALY_BLOOD_LEAK", "MDC_EVT_HDIALY_SAFETY_VEN_AIR_DETECT", "MDC_EVT_HDIALY_UF_LO",
    "MDC_EVT_HDIALY_BLD_PUMP_STOP",
)  # fmt: skip
# Seconds from one server's time to the next.
STEPS = (1, 2, 5, 9, 11, 16, 30, 31, 65, 130, 310, 620, 50_000)
STEP_SHARES = (0.26, 0.1, 0.34, 0.2, 0.03, 0.015, 0.01, 0.01, 0.01, 0.01, 0.005, 0.006, 0.004)


@dataclass(frozen=True)
class Reading:
    """What one unit sends at one moment; `events`: (time, alarm, whether it begins)."""

    time_us: int
    phase: Phase
    values: dict[str, float]
    marked: frozenset[str]
    events: tuple[tuple[int, str, bool], ...]


def server_times(rng: np.random.Generator, count: int) -> list[int]:
    """Moments at which readings arrive."""
    return [int(t) * SECOND for t in 1_000_000 + np.cumsum(rng.choice(STEPS, count, p=STEP_SHARES))]


def patient(rng: np.random.Generator, rules: list[str]) -> Patient:
    """One of whom not everything is known, and some of that cannot be; sometimes with limits of the patient's own."""
    levels = [f"{rule} {priority}" for rule in rules for priority in ("high", "medium", "low")]
    own = {name: float(rng.choice([35, 150, 210, 260])) for name in levels if rng.random() < 0.03}
    return Patient(
        (75.0, 63.7, 75_000.0, None)[int(rng.choice(4, p=[0.5, 0.3, 0.1, 0.1]))],
        (14.0, 1400.0, None)[int(rng.choice(3, p=[0.8, 0.1, 0.1]))],
        (None, 400.0, 0.0)[int(rng.choice(3, p=[0.5, 0.4, 0.1]))],
        own,
    )


def series(rng: np.random.Generator, times: list[int]) -> Iterator[list[Reading]]:
    """What one unit sends at each of these moments: nothing, a reading, or several."""
    held = {name: float(rng.choice(pool)) for name, pool in POOL.items()}
    phase, silent, last, sent = Phase.TX, 0, 0, 0
    for now in times:
        silent = silent - 1 if silent else int(rng.geometric(0.3)) if rng.random() < 0.015 else 0
        if silent:
            yield []
            continue
        if rng.random() < 0.03:
            phase = PHASES[int(rng.integers(len(PHASES)))]
        chance = rng.random(len(held))
        for (name, pool), p in zip(POOL.items(), chance, strict=True):
            if p < 0.03:
                held[name] = float(rng.choice(pool))
        sent += 1
        one = _reading(rng, _time(rng, now, last), phase, held, sent)
        last = max(last, one.time_us if one.time_us <= now + 60 * SECOND else 0)
        yield [one, _again(rng, one, sent)] if rng.random() < 0.05 else [one]


def _time(rng: np.random.Generator, now: int, last: int) -> int:
    """When it says it was taken: mostly now; late, again, out of order, ahead, too far ahead."""
    kind = rng.random()
    if kind < 0.95:
        return now
    late = now - int(rng.integers(1, 20 * SECOND))
    ahead, too_far = now + int(rng.integers(1, 4)) * SECOND, now + 60 * SECOND + int(rng.integers(0, 2))
    return (late, last or now, (last or now) - SECOND, ahead, too_far)[int(rng.integers(5))]


def _again(rng: np.random.Generator, one: Reading, sent: int) -> Reading:
    """The same once more, or another of the same time, or one that belongs before it."""
    held = {name: float(rng.choice(pool)) for name, pool in POOL.items()}
    return _reading(rng, one.time_us - int(rng.choice([0, 0, SECOND])), one.phase, held, sent)


def _reading(rng: np.random.Generator, time_us: int, phase: Phase, held: dict[str, float], sent: int) -> Reading:
    # A live sensor wobbles, one that is stuck does not: by the value it is at.
    step = 0.5 if sent % 2 else -0.5
    values = {n: v + step * (n in WOBBLES and v % 10 > 0) for n, v in held.items()}
    marked = set()
    if rng.random() < 0.04:
        values[str(rng.choice(list(values)))] = float(rng.choice(BAD))
    if rng.random() < 0.03:
        marked.add(str(rng.choice(list(values))))
    events = []
    if rng.random() < 0.05:
        at = time_us - int(rng.choice([0, 0, SECOND, 30 * SECOND]))
        events.append((at, str(rng.choice(ALARMS)), bool(rng.random() < 0.4)))
    # What travels is a float32; now and then a machine tells its phase and nothing else.
    kept = {name: float(np.float32(value)) for name, value in values.items()} if rng.random() < 0.99 else {}
    return Reading(time_us, phase, kept, frozenset(marked), tuple(events))
