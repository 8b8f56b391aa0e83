"""Rules from files, checked against the catalogue: a rule that loads can be evaluated."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from alerts.detectors import (
    blind,
    drop,
    fall,
    flag,
    forecast,
    infusion,
    limit,
    pair,
    projection,
    reading,
    sensor,
    stale,
    trend,
)
from alerts.detectors.base import Detector
from alerts.reasons import MAX_RULES
from alerts.schema import CONTEXT_KEYS, PUMP_RUNNING, Head, Rule
from telemetry import settings, signals
from telemetry.errors import SettingsError
from telemetry.treatment import Phase

SHIPPED: Final = Path(__file__).parent / "rules"

__all__ = ["DETECTORS", "Kind", "Rule", "Ruleset", "load"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A detector: the shape of its rule files, how one is compiled, and what evaluates them all.

    Attributes:
        own_inputs: it says itself when an input is missing.
        needs_time: its rules look back, so a gap in the data leaves them without ground.
    """

    file: type[Head]
    compile: Callable[[Any, str], Rule]
    detector: Callable[..., Detector]
    own_inputs: bool = False
    needs_time: bool = False


# The list of detectors; the engine evaluates them in this order.
DETECTORS: Final[dict[str, Kind]] = {
    "limit": Kind(limit.LimitFile, limit.compile_rule, limit.Limit),
    "drop": Kind(drop.DropFile, drop.compile_rule, drop.Drop, needs_time=True),
    "pair": Kind(pair.PairFile, pair.compile_rule, pair.Pair, needs_time=True),
    "trend": Kind(trend.TrendFile, trend.compile_rule, trend.Trend, own_inputs=True, needs_time=True),
    "blind": Kind(blind.BlindFile, blind.compile_rule, blind.Blind),
    "projection": Kind(projection.ProjectionFile, projection.compile_rule, projection.Projection),
    "infusion": Kind(infusion.InfusionFile, infusion.compile_rule, infusion.Infusion),
    "reading": Kind(reading.ReadingFile, reading.compile_rule, reading.Reading, own_inputs=True),
    "fall": Kind(fall.FallFile, fall.compile_rule, fall.Fall, own_inputs=True),
    "forecast": Kind(forecast.ForecastFile, forecast.compile_rule, forecast.Forecast, own_inputs=True),
    "flag": Kind(flag.FlagFile, flag.compile_rule, flag.Flag),
    "sensor": Kind(sensor.SensorFile, sensor.compile_rule, sensor.Sensor, own_inputs=True),
    "stale": Kind(stale.StaleFile, stale.compile_rule, stale.Stale, own_inputs=True),
}


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All rules, those of one detector side by side."""

    rules: tuple[Rule, ...]

    def rule(self, rule_id: str) -> Rule:
        """The rule of this id; KeyError."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)


def load(folder: Path | None = None) -> Ruleset:
    """The rules in a folder's `*.toml`, or those that ship; SettingsError names file and line."""
    where = folder or SHIPPED
    paths = sorted(where.glob("*.toml"))
    if not paths:
        raise SettingsError("load rules", str(where), hint="no *.toml there")
    rules = [_load_rule(path) for path in paths]
    _check_together(rules, paths)
    order = list(DETECTORS)
    return Ruleset(tuple(sorted(rules, key=lambda rule: (order.index(rule.spec.detector), rule.id))))


def _load_rule(path: Path) -> Rule:
    file = settings.load_toml(path)
    name = file.get("detector")
    if name not in DETECTORS:
        raise _fault(path, "detector", f"detector is one of {', '.join(DETECTORS)}, not {name!r}")
    if "rationalisation" not in file:
        raise _fault(path, "", "no table [rationalisation]: why it is an alert, see docs/rules.md")
    kind = DETECTORS[name]
    spec = settings.load(kind.file, path)
    version = f"{spec.version}+{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"
    try:
        rule = kind.compile(spec, version)
    except ValueError as error:
        raise _fault(path, str(error).split(":")[0], str(error)) from error
    _check(rule, path)
    return rule


def _check(rule: Rule, path: Path) -> None:
    spec = rule.spec
    if not re.fullmatch(r"[A-Z][A-Z0-9]{1,7}", spec.id):
        raise _fault(path, "id", f"an id is 2…8 capitals and digits, not {spec.id!r}")
    if not re.fullmatch(r"\d+\.\d+\.\d+", spec.version):
        raise _fault(path, "version", f"a version is like 1.0.0, not {spec.version!r}")
    if not rule.rungs:
        raise _fault(path, "detector", "a rule has at least one level")
    for signal in (*rule.inputs, *rule.watches):
        if signal not in signals.BY_NAME and signal != PUMP_RUNNING:
            raise _fault(path, signal, f"no signal {signal!r} in the catalogue")
    for key in (*rule.context, *(rung.limit_from for rung in rule.rungs if rung.limit_from)):
        if key not in CONTEXT_KEYS:
            raise _fault(path, key, f"no context {key!r}; there are {', '.join(CONTEXT_KEYS)}")
    if (spec.inhibits_as or spec.inhibits_softly) and not spec.inhibits:
        key = "inhibits_as" if spec.inhibits_as else "inhibits_softly"
        raise _fault(path, key, f"{key} goes with inhibits")
    for phase in spec.phases:
        if phase not in Phase.__members__:
            raise _fault(path, phase, f"no phase {phase!r}; there are {', '.join(Phase.__members__)}")
    _check_delays(rule, path)
    try:
        spec.rationalisation.check({rung.priority for rung in rule.rungs})
    except ValueError as error:
        raise _fault(path, "rationalisation", str(error)) from error


def _check_delays(rule: Rule, path: Path) -> None:
    if rule.spec.max_gap_s <= 0 or rule.spec.blank_s < 0:
        raise _fault(path, "max_gap_s", "max_gap_s is above 0, blank_s at least 0")
    for rung in rule.rungs:
        if rung.on_us < 0 or rung.off_us < 0 or rung.deadband < 0:
            raise _fault(path, "deadband", "delays and deadband are at least 0")


def _check_together(rules: list[Rule], paths: list[Path]) -> None:
    seen: dict[str, Path] = {}
    for rule, path in zip(rules, paths, strict=True):
        if rule.id in seen:
            raise _fault(path, "id", f"{rule.id} is also in {seen[rule.id].name}")
        seen[rule.id] = path
    for rule, path in zip(rules, paths, strict=True):
        for target in rule.spec.inhibits:
            if target not in seen:
                raise _fault(path, target, f"inhibits {target!r}, which is not there")
        if rule.spec.blank_flow_step_ml_min != rules[0].spec.blank_flow_step_ml_min:
            raise _fault(path, "blank_flow_step_ml_min", "the same in all rules: the engine keeps one flow to compare")
    if len(rules) > MAX_RULES:
        raise SettingsError("load rules", f"{len(rules)} rules", hint=f"at most {MAX_RULES}")


def _fault(path: Path, word: str, hint: str) -> SettingsError:
    lines = path.read_text("utf-8").splitlines()
    # As a value if it stands there as one, else as a word.
    for pattern in (rf'"{re.escape(word)}"', rf"\b{re.escape(word)}\b"):
        numbers = [n for n, line in enumerate(lines, start=1) if word and re.search(pattern, line)]
        if numbers:
            break
    return SettingsError("load rules", f"{path}:{numbers[0]}" if numbers else str(path), hint=hint)
