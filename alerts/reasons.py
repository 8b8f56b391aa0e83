"""Why a rule is not evaluated: one byte per unit and rule, the larger one wins, and its words."""

from __future__ import annotations

from typing import Final

from alerts import schema
from alerts.schema import CONTEXT_KEYS, CONTEXT_WORDS, Rule

EVALUATED: Final = 0
WINDOW_UNFILLED: Final = 1
UNSTEADY: Final = 2
OLD_READING: Final = 3
NO_READING: Final = 4
NOTHING_MEASURED: Final = 5
GAP: Final = 6
BLANKED: Final = 7
PUMP_STOPPED: Final = 8
RELEARNING: Final = 9
MISSING: Final = 10  # + position among the rule's inputs, 0…4
INVALID: Final = 15
SENSOR: Final = 20
CHANGED: Final = 25
TOO_FEW: Final = 26
LOW_FLOW: Final = 27
BEFORE_HALF_TIME: Final = 28
CONTEXT: Final = 30  # + position in CONTEXT_KEYS
INHIBITED: Final = 50  # + index of the rule that inhibits, up to 199
STALE: Final = 200
UNKNOWN_PHASE: Final = 210
NOT_IN_PHASE: Final = 220
NO_TREATMENT: Final = 221  # as far as can be told: pump stopped, phase not known
NO_DATA: Final = 230

MAX_INPUTS: Final = 5
MAX_RULES: Final = STALE - INHIBITED

_WORDS: Final[dict[int, str]] = {
    NOTHING_MEASURED: "none of its signals is measured",
    PUMP_STOPPED: "the blood pump is stopped",
    CHANGED: "blood flow or ultrafiltration rate changed, its window fills anew",
    TOO_FEW: "too few readings for a trend",
    LOW_FLOW: "the blood flow is too low to tell",
    BEFORE_HALF_TIME: "half of the treatment is not over yet",
    UNKNOWN_PHASE: "the machine's phase is not known",
    NO_TREATMENT: "no treatment seen, the blood pump is stopped",
    NO_DATA: "no data yet",
}


def is_at_rest(code: int) -> bool:
    """Whether a rule is not evaluated because it is not the time for it: nothing is wrong, nothing is lacking."""
    return NOT_IN_PHASE <= code < NO_DATA


def is_held(code: int) -> bool:
    """Whether the values are there and are only not to be judged now: nothing a rule needs is lost."""
    if code < MISSING:
        return code != NOTHING_MEASURED
    return code in (CHANGED, TOO_FEW, LOW_FLOW, BEFORE_HALF_TIME) or INHIBITED <= code < STALE


def words(code: int, rules: tuple[Rule, ...], index: int) -> str:
    """Why rule number `index` is not evaluated, as the end of a sentence."""
    rule = rules[index]
    if code in _WORDS:
        return _WORDS[code]
    if code >= NOT_IN_PHASE:
        return "not in treatment" if rule.spec.phases == ["TX"] else "not in a phase in which it is evaluated"
    if code >= STALE:
        return "no data, the telemetry is stale"
    if code >= INHIBITED:
        return _inhibited(rules[code - INHIBITED], rule)
    if code >= CONTEXT:
        return CONTEXT_WORDS[CONTEXT_KEYS[code - CONTEXT]]
    if code >= MISSING:
        return _input(code, rule)
    return _transient(code, rule)


def _inhibited(by: Rule, rule: Rule) -> str:
    if by.spec.inhibits_as and rule.id in by.spec.inhibits:
        return f"{by.spec.inhibits_as} ({by.id})"
    same = by.spec.cause == rule.spec.cause and rule.id not in by.spec.inhibits
    return f"inhibited by {by.id} ({by.title.lower()}{', same cause' if same else ''})"


def _input(code: int, rule: Rule) -> str:
    position = (code - MISSING) % MAX_INPUTS
    name = schema.label(rule.inputs[position]).lower()
    if code >= SENSOR:
        return f"{name}: sensor implausible or flat"
    return f"{name} implausible" if code >= INVALID else f"{name} not measured"


def _transient(code: int, rule: Rule) -> str:
    if code == BLANKED:
        return f"blood flow changed less than {schema.number(rule.spec.blank_s)} s ago"
    if code == GAP:
        return f"a gap of more than {schema.number(rule.spec.max_gap_s)} s between readings"
    if code == WINDOW_UNFILLED:
        return "its window is not filled yet"
    if code == RELEARNING:
        return "blood flow changed since, what is normal now is being learnt"
    if code == UNSTEADY:
        return "blood flow is not steady"
    name = schema.label(rule.inputs[0] if rule.inputs else rule.watches[0]).lower()
    return f"no {name} yet in this treatment" if code == NO_READING else f"the last {name} is too old"
