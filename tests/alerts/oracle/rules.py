"""Rules for the oracle: those that ship, restated by hand from the tables of the specification, and random ones.

Nothing here reads `alerts/rules/`: a number that slips there does not slip here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

import numpy as np

from alerts import ruleset
from alerts.ruleset import Ruleset
from telemetry.alarms import Priority
from telemetry.treatment import Phase

LOW, MEDIUM, HIGH = Priority.LOW, Priority.MEDIUM, Priority.HIGH
SECOND = 1_000_000


@dataclass(frozen=True)
class Level:
    """One level; seconds, and the limit's unit.

    Attributes:
        side: above, at_least, below, at_most, outside (limits); flag, silent, implausible, flat.
        more_than: active only after more than `on` seconds, not at them.
        alarms: names, or "safety", or "other". subject: the sensor. pump: only if the pump was last seen running.
    """

    priority: Priority
    side: str
    limit: float = 0.0
    on: int = 0
    off: int = 0
    deadband: float = 0.0
    more_than: bool = False
    limit_from: str = ""
    alarms: tuple[str, ...] = ()
    subject: str = ""
    pump: bool = False


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        kind: limit, blind, flag, stale, sensor.
        signals: what it cannot do without. looks_back: whether a gap leaves it without ground.
    """

    id: str
    kind: str
    cause: str
    levels: tuple[Level, ...]
    signals: tuple[str, ...] = ()
    phases: frozenset[Phase] = frozenset({Phase.TX})
    max_gap: int = 30
    blank: int = 0
    inhibits: tuple[str, ...] = ()
    divide_by: str = ""
    percent_of: str = ""
    flow_at_least: float = -inf

    @property
    def looks_back(self) -> bool:
        return any(level.on or level.more_than for level in self.levels)


def _pressure(rule: str, cause: str, signal: str, side: str, high: float, medium: float) -> Rule:
    levels = tuple(Level(p, side, x, 15, 15, 20.0) for p, x in ((HIGH, high), (MEDIUM, medium)))
    return Rule(rule, "limit", cause, levels, (signal,), max_gap=10, blank=60)


_WATCHED = (
    "blood_flow", "arterial_pressure", "venous_pressure", "transmembrane_pressure", "dialysate_pressure",
    "dialysate_flow", "dialysate_conductivity", "dialysate_temperature", "ultrafiltration_rate", "systolic",
    "diastolic", "pulse_rate",
)  # fmt: skip
_LEAK = "MDC_EVT_HDIALY_BLOOD_LEAK"
_AIR = ("MDC_EVT_HDIALY_SAFETY_ART_AIR_DETECT", "MDC_EVT_HDIALY_SAFETY_VEN_AIR_DETECT")

# docs/rules.md "What ships", and clinical.md §1.
SHIPPED: tuple[Rule, ...] = (
    Rule("R07", "limit", "ultrafiltration",
         tuple(Level(p, "above", x, 60, 0, 0.5) for p, x in ((MEDIUM, 13), (LOW, 10))),
         ("ultrafiltration_rate",), divide_by="target_weight_kg"),
    Rule("R12", "blind", "venous access", (Level(LOW, "below", 25, 60, 60, 10),), ("venous_pressure", "blood_flow"),
         max_gap=10, blank=60, flow_at_least=190),
    _pressure("R13", "venous access", "venous_pressure", "above", 300, 250),
    _pressure("R14", "arterial access", "arterial_pressure", "below", -250, -200),
    Rule("R15", "limit", "dialyser", (Level(MEDIUM, "above", 300, 30, 0, 20, limit_from="transmembrane_limit_mmhg"),),
         ("transmembrane_pressure",), max_gap=10, blank=60),
    Rule("R17", "limit", "dialysate composition",
         tuple(Level(p, "outside", x, 60, 0, 1) for p, x in ((MEDIUM, 5), (LOW, 2.5))),
         ("dialysate_conductivity",), percent_of="prescribed_conductivity_ms_cm"),
    Rule("R18", "limit", "dialysate temperature",
         (Level(HIGH, "at_least", 41, 60, 0, 0.5), Level(MEDIUM, "above", 39, 60, 0, 0.5),
          Level(LOW, "below", 33, 60, 0, 0.5)), ("dialysate_temperature",)),
    Rule("R19", "flag", "blood leak", (Level(HIGH, "flag", alarms=(_LEAK,)),)),
    Rule("R20", "flag", "air", (Level(HIGH, "flag", alarms=_AIR),)),
    Rule("R21", "limit", "blood pump",
         (Level(HIGH, "below", 0.5, 240, 30, more_than=True), Level(MEDIUM, "below", 0.5, 120, 30, more_than=True)),
         ("pump_running",), inhibits=("R12", "R13", "R14", "R15")),
    Rule("R22", "flag", "machine alarm", (Level(HIGH, "flag", on=60, more_than=True, alarms=("safety",)),
                                          Level(MEDIUM, "flag", on=180, more_than=True, alarms=("other",)))),
    Rule("R33", "stale", "telemetry", (Level(HIGH, "silent", 300, pump=True), Level(MEDIUM, "silent", 120),
                                       Level(LOW, "silent", 60))),
    Rule("R34", "sensor", "sensor",
         (*(Level(LOW, "implausible", on=10, off=30, subject=name) for name in _WATCHED),
          *(Level(LOW, "flat", 120, 10, 30, subject=name)
            for name in ("arterial_pressure", "venous_pressure", "transmembrane_pressure"))),
         phases=frozenset({Phase.TX, Phase.UNKNOWN}), max_gap=10),
)  # fmt: skip

# Limits that random rules have, so that random values can meet them.
LIMITS = {
    "venous_pressure": (200, 250, 300),
    "arterial_pressure": (-250, -200, -150),
    "dialysate_temperature": (33, 39, 41),
}
ON, OFF, DEADBANDS = (0, 1, 5, 15, 30), (0, 1, 10, 25), (0.0, 0.5, 5.0, 20.0)


def chosen(given: Ruleset) -> Ruleset:
    """The rules of a ruleset that are restated here."""
    ids = {rule.id for rule in SHIPPED}
    return Ruleset(tuple(rule for rule in given.rules if rule.id in ids))


def crowd(seed: int, shipped: Ruleset, folder: Path) -> tuple[tuple[Rule, ...], Ruleset]:
    """Six random rules, and with them the two that know of silence and of standing alarms; restated, and loaded."""
    made, known = random_rules(np.random.default_rng(seed), 6), ("R19", "R33")
    write(made, folder)
    loaded = (*ruleset.load(folder).rules, *(shipped.rule(name) for name in known))
    return (*made, *(rule for rule in SHIPPED if rule.id in known)), Ruleset(loaded)


def random_rules(rng: np.random.Generator, count: int) -> tuple[Rule, ...]:
    """Limit rules of any sides, delays, phases, causes and inhibitions."""
    ids = [f"X{n}" for n in range(count)]
    return tuple(_random_rule(rng, name, [other for other in ids if other != name]) for name in ids)


def _random_rule(rng: np.random.Generator, name: str, others: list[str]) -> Rule:
    signal = str(rng.choice(list(LIMITS)))
    levels = tuple(_random_level(rng, priority, signal) for priority in (HIGH, MEDIUM, LOW) if rng.random() < 0.6)
    phases = [[Phase.TX], [Phase.TX], [Phase.TX, Phase.UNKNOWN], [Phase.PRETX, Phase.TX]][int(rng.integers(4))]
    return Rule(
        name,
        "limit",
        f"cause {rng.integers(3)}",
        levels or (_random_level(rng, HIGH, signal),),
        (signal,),
        frozenset(phases),
        int(rng.choice([5, 10, 30])),
        int(rng.choice([0, 0, 20])),
        tuple(other for other in others if rng.random() < 0.15),
    )


def _random_level(rng: np.random.Generator, priority: Priority, signal: str) -> Level:
    side = str(rng.choice(["above", "at_least", "below", "at_most", "outside"]))
    limit = float(rng.choice(LIMITS[signal]))
    on, off, deadband = int(rng.choice(ON)), int(rng.choice(OFF)), float(rng.choice(DEADBANDS))
    own = "transmembrane_limit_mmhg" if side != "outside" and rng.random() < 0.1 else ""
    return Level(priority, side, abs(limit) if side == "outside" else limit, on, off, deadband, rng.random() < 0.2, own)


def write(rules: Iterable[Rule], folder: Path) -> None:
    """Limit and stale rules as rule files."""
    for rule in rules:
        lines = [f'{key} = "{value}"' for key, value in _head(rule).items()]
        lines += [f"phases = {json.dumps(sorted(p.name for p in rule.phases))}"]
        lines += [f"max_gap_s = {rule.max_gap}", f"blank_s = {rule.blank}", f"inhibits = {json.dumps(rule.inhibits)}"]
        if rule.kind == "stale":
            lines += ["shown_after_s = 30", "good_samples = 3"]
        else:
            lines += ["[input]", f'signal = "{rule.signals[0]}"']
        times = ", ".join(f"{priority} = 600" for priority in sorted({level.priority for level in rule.levels}))
        lines += ["[rationalisation]", 'likely_causes = ["chance"]', 'consequence = "none"', 'mark = "D"']
        lines += [f"respond_within_s = {{ {times} }}"]
        for level in rule.levels:
            lines += ["[[level]]", f'priority = "{level.priority}"', *_said(level)]
        (folder / f"{rule.id.lower()}.toml").write_text("\n".join(lines) + "\n", "utf-8")


def _said(level: Level) -> list[str]:
    if level.side == "silent":
        return [f"silent_for_s = {level.limit}"]
    delay = "longer_than_s" if level.more_than else "on_delay_s"
    lines = [f"{level.side} = {level.limit}", f"{delay} = {level.on}"]
    lines += [f"off_delay_s = {level.off}", f"deadband = {level.deadband}"]
    return lines + ([f'limit_from = "{level.limit_from}"'] if level.limit_from else [])


def _head(rule: Rule) -> dict[str, str]:
    same = {"title": rule.id, "source": "random", "mark": "D", "action": "none", "version": "1.0.0"}
    return {"id": rule.id, "detector": rule.kind, "cause": rule.cause} | same


@dataclass(frozen=True)
class Patient:
    """What is known of a patient; None = not known."""

    target_weight_kg: float | None = None
    prescribed_conductivity_ms_cm: float | None = None
    transmembrane_limit_mmhg: float | None = None
    limits: dict[str, float] = field(default_factory=dict)
