"""Why a rule is not evaluated: every code has its words, and the weightier one wins."""

from __future__ import annotations

from itertools import pairwise

from alerts import reasons
from alerts.schema import CONTEXT_KEYS
from tests.alerts.building import RULES


def index_of(rule: str) -> int:
    return next(i for i, r in enumerate(RULES.rules) if r.id == rule)


def words(code: int, rule: str) -> str:
    return reasons.words(code, RULES.rules, index_of(rule))


def test_words() -> None:
    assert words(reasons.MISSING, "R13") == "venous pressure not measured"
    assert words(reasons.MISSING + 1, "R10") == "blood flow not measured"
    assert words(reasons.INVALID, "R13") == "venous pressure implausible"
    assert words(reasons.INVALID + 1, "R10") == "blood flow implausible"
    assert words(reasons.SENSOR, "R13") == "venous pressure: sensor implausible or flat"
    assert words(reasons.CONTEXT + CONTEXT_KEYS.index("target_weight_kg"), "R07") == "no target weight"
    assert words(reasons.INHIBITED + index_of("R20"), "R10") == "inhibited by R20 (air detected)"
    assert (
        words(reasons.INHIBITED + index_of("R10"), "R13")
        == "inhibited by R10 (needle dislodgement, static, same cause)"
    )
    assert words(reasons.STALE, "R13") == "no data, the telemetry is stale"
    assert words(reasons.UNKNOWN_PHASE, "R13") == "the machine's phase is not known"
    assert words(reasons.NOT_IN_PHASE, "R13") == "not in treatment"
    assert words(reasons.NOT_IN_PHASE, "R34") == "not in a phase in which it is evaluated"
    assert words(reasons.NO_TREATMENT, "R13") == "no treatment seen, the blood pump is stopped"
    assert words(reasons.NO_DATA, "R13") == "no data yet"
    assert words(reasons.GAP, "R13") == "a gap of more than 10 s between readings"
    assert words(reasons.BLANKED, "R13") == "blood flow changed less than 60 s ago"
    assert words(reasons.WINDOW_UNFILLED, "R10") == "its window is not filled yet"
    assert words(reasons.UNSTEADY, "R10") == "blood flow is not steady"
    assert words(reasons.PUMP_STOPPED, "R10") == "the blood pump is stopped"
    assert words(reasons.RELEARNING, "R10") == "blood flow changed since, what is normal now is being learnt"
    assert words(reasons.NO_READING, "R01") == "no systolic pressure yet in this treatment"
    assert words(reasons.OLD_READING, "R01") == "the last systolic pressure is too old"
    assert words(reasons.CHANGED, "R16") == "blood flow or ultrafiltration rate changed, its window fills anew"
    assert words(reasons.TOO_FEW, "R04") == "too few readings for a trend"
    assert words(reasons.LOW_FLOW, "R12") == "the blood flow is too low to tell"
    assert words(reasons.BEFORE_HALF_TIME, "R29") == "half of the treatment is not over yet"
    blind = "blind – too little pressure in the access to see a needle out (R12)"
    assert (
        words(reasons.INHIBITED + index_of("R12"), "R10") == words(reasons.INHIBITED + index_of("R12"), "R11") == blind
    )
    # Of what it does not inhibit it is said as of any other rule.
    assert words(reasons.INHIBITED + index_of("R12"), "R13").startswith("inhibited by R12")
    assert words(reasons.NOTHING_MEASURED, "R34") == "none of its signals is measured"


def test_no_two_codes_overlap_and_all_fit_a_byte() -> None:
    slots = [reasons.MISSING, reasons.INVALID, reasons.SENSOR]
    assert [b - a for a, b in pairwise(slots)] == [reasons.MAX_INPUTS] * 2
    assert reasons.SENSOR + reasons.MAX_INPUTS <= reasons.CHANGED
    assert reasons.CONTEXT + len(CONTEXT_KEYS) <= reasons.INHIBITED
    assert len(RULES.rules) <= reasons.MAX_RULES
    assert reasons.NO_DATA < 256


def test_what_is_held_and_what_is_lost() -> None:
    held = {
        reasons.GAP,
        reasons.BLANKED,
        reasons.CHANGED,
        reasons.LOW_FLOW,
        reasons.BEFORE_HALF_TIME,
        reasons.INHIBITED,
    }
    lost = {
        reasons.MISSING,
        reasons.INVALID,
        reasons.SENSOR,
        reasons.CONTEXT,
        reasons.STALE,
        reasons.NO_DATA,
        reasons.NOTHING_MEASURED,
    }
    assert all(reasons.is_held(code) for code in held)
    assert not any(reasons.is_held(code) for code in lost)


def test_only_the_want_of_a_treatment_is_rest() -> None:
    assert [code for code in range(256) if reasons.is_at_rest(code)] == list(
        range(reasons.NOT_IN_PHASE, reasons.NO_DATA)
    )
