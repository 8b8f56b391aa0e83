"""Limit and stale rules of one level as Prometheus alerting rules, random series as its own, and what it must find.

What Prometheus can say: `for` is our on-delay ("more than" is a second more, on a grid of five), `keep_firing_for` our
off-delay, a stale series our value that is not there. Two things it must be told: a deadband and "silence never clears"
are conditions on its own alerts that fire. The reading that ends a gap is not shown to rules that look back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from telemetry.signals import BY_NAME
from tests.alerts.oracle.rules import HIGH, LIMITS, LOW, MEDIUM, SHIPPED, Level, Rule, random_rules
from tests.alerts.oracle.series import POOL

EVERY = 5
"""Seconds between readings, and between evaluations."""
ABSENT = "stale"
SIGNALS = (*LIMITS, "transmembrane_pressure")
_COMPARED = {"above": ">", "at_least": ">=", "below": "<", "at_most": "<=", "outside": ">"}


@dataclass(frozen=True)
class Course:
    """What one unit sends: per moment the values (None = not measured), or None = no reading."""

    unit: str
    sent: list[dict[str, float | None] | None]


def single(rules: Iterable[Rule]) -> Iterator[Rule]:
    """Each level of each rule as a rule of its own, so that a rule's finding is its level's."""
    for rule in rules:
        for level in rule.levels:
            name = f"{rule.id}{level.priority[0].upper()}"
            own = replace(level, limit_from="")
            yield replace(rule, id=name, cause=name, levels=(own,), blank=0, max_gap=10, inhibits=())


def limit_rules(seed: int) -> tuple[Rule, ...]:
    """The pressures, temperature and pump of the shipped rules, and random ones."""
    shipped = [rule for rule in SHIPPED if rule.id in ("R13", "R14", "R15", "R18", "R21")]
    made = random_rules(np.random.default_rng(seed), 8)
    in_treatment = [replace(rule, phases=shipped[0].phases) for rule in made]
    return tuple(single([*shipped, *in_treatment]))


def silence_rules() -> tuple[Rule, ...]:
    """Silence of one level each, as long as the three of R33."""
    levels = ((HIGH, 300), (MEDIUM, 120), (LOW, 60))
    return tuple(Rule(f"S{p[0].upper()}", "stale", p, (Level(p, "silent", x),), max_gap=10) for p, x in levels)


def course(rng: np.random.Generator, unit: str, moments: int, longest_gap: int) -> Course:
    """Values that stay for a while, on limits and beside them; some not measured, some readings missing."""
    pools = {name: [x for x in POOL[name] if BY_NAME[name].accepts(x)] for name in SIGNALS}
    held = {name: float(rng.choice(pool)) for name, pool in pools.items()} | {"blood_flow": 300.0}
    sent: list[dict[str, float | None] | None] = [dict(held)]
    while len(sent) < moments:
        if rng.random() < 0.03:
            sent += [None] * int(rng.integers(3, longest_gap))
        for name, pool in pools.items():
            if rng.random() < 0.12:
                held[name] = float(rng.choice(pool))
        if rng.random() < 0.03:
            held["blood_flow"] = 0.0 if held["blood_flow"] else 300.0
        sent += [{name: None if rng.random() < 0.01 else value for name, value in held.items()}] * int(
            rng.integers(1, 8)
        )
    return Course(unit, sent[:moments])


def rule_file(rules: Iterable[Rule]) -> str:
    """The rules in Prometheus' form (JSON is YAML)."""
    return json.dumps({"groups": [{"name": "rules", "rules": [_alert(rule) for rule in rules]}]}, indent=1)


def test_file(rule_path: str, courses: list[Course], found: list[set[tuple[str, str, str]]]) -> str:
    """What must be found: per moment, (rule, "pending" or "firing", unit)."""
    lines = [
        {"series": f'{name}{{unit="{course.unit}"}}', "values": " ".join(shown)}
        for course in courses
        for name, shown in _shown(course).items()
    ]
    expected = [
        {
            "expr": "ALERTS",
            "eval_time": f"{k * EVERY}s",
            "exp_samples": [
                {"labels": f'ALERTS{{alertname="{rule}",alertstate="{state}",unit="{unit}"}}', "value": 1}
                for rule, state, unit in sorted(moment)
            ],
        }
        for k, moment in enumerate(found)
    ]
    test = {"interval": f"{EVERY}s", "input_series": lines, "promql_expr_test": expected}
    return json.dumps({"rule_files": [rule_path], "evaluation_interval": f"{EVERY}s", "tests": [test]}, indent=1)


def _alert(rule: Rule) -> dict[str, str]:
    [level] = rule.levels
    if level.side == "silent":
        # Pending from 30 s of silence on; over with the third reading.
        silence = f"time() - max_over_time(timestamp(reading)[1h:{EVERY}s]) >= 30"
        return {"alert": rule.id, "expr": silence, "for": f"{level.limit - 30:g}s", "keep_firing_for": f"{2 * EVERY}s"}
    firing = f'on(unit) ALERTS{{alertname="{rule.id}",alertstate="firing"}}'
    signal = rule.signals[0] + (":in_order" if rule.looks_back else "")
    value = f"abs({signal})" if level.side == "outside" else signal
    down = -1 if _COMPARED[level.side].startswith("<") else 1
    said = f"({value} {_COMPARED[level.side]} {level.limit:g})"
    if level.deadband:
        said += f" or ({value} {'>' if down > 0 else '<'} {level.limit - down * level.deadband:g} and {firing})"
    said += f" or ((known unless on(unit) {signal}) and {firing})"
    delays = {"for": f"{level.on + level.more_than}s", "keep_firing_for": f"{level.off}s"}
    return {"alert": rule.id, "expr": said} | delays


def _shown(course: Course) -> dict[str, list[str]]:
    """A course as Prometheus' series: the signals, whether there was a reading, and that there is such a unit."""
    signals = (*SIGNALS, "pump_running")
    shown: dict[str, list[str]] = {name: [] for name in ("known", "reading", *signals)}
    shown |= {f"{name}:in_order": [] for name in signals}
    missed = False
    for sent in course.sent:
        there = {} if sent is None else {"reading": 1.0} | {k: v for k, v in sent.items() if v is not None}
        if "blood_flow" in there:
            there["pump_running"] = float(there["blood_flow"] > 0)
        there["known"] = 1.0
        if not missed:
            there |= {f"{name}:in_order": there[name] for name in signals if name in there}
        for name, values in shown.items():
            values.append(f"{there[name]:.10g}" if name in there else ABSENT)
        missed = sent is None
    return shown
