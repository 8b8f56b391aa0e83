"""Every word on why a rule is not evaluated, and what rules between treatments and machines say, stands in the corpus;
what rules say in their cases is looked at there (`test_cases.py`). HOMEHD_CORPUS=write makes it anew of all of it."""

from __future__ import annotations

import os
from collections.abc import Iterator

from alerts import cases, reasons, ruleset
from alerts.between import cases as between_cases
from alerts.between import ruleset as between_ruleset
from alerts.between.review import review
from alerts.schema import CONTEXT_KEYS
from clinician_api.home.home_data import ASKED, ENDED_AT_HOME, ENDED_BY_TEAM
from telemetry.alarms import EVENTS
from tests.alerts import reason_corpus
from tests.alerts.between.test_cases import FILES as BETWEEN_FILES
from tests.alerts.test_cases import FILES

RULES = ruleset.load()
ONE_INPUT = (reasons.OLD_READING, reasons.NO_READING)


def of_cases() -> Iterator[str]:
    for file in FILES.values():
        for case in file.case:
            yield from (str(found["reason"]) for found in cases.told(file, case, RULES))


def of_the_rest() -> Iterator[str]:
    for file_between in BETWEEN_FILES.values():
        (rule,) = [one for one in between_ruleset.load() if one.id == file_between.rule]
        for story in file_between.case:
            for expected in story.expect:
                now_us = between_cases.ORIGIN_US + round(expected.at * 3_600_000_000)
                past = between_cases.past_of(file_between, story, now_us)
                yield from (found.reason for found in review([rule], past, {}).findings)
    yield from not_evaluated()
    yield from (f"Machine alarm: {event.label}" for event in EVENTS)
    yield from (*ASKED.values(), ENDED_AT_HOME, ENDED_BY_TEAM)


def not_evaluated() -> Iterator[str]:
    """For every rule by every code."""
    plain = [code for code in range(1, reasons.MISSING) if code not in ONE_INPUT]
    later = [reasons.CHANGED, reasons.TOO_FEW, reasons.LOW_FLOW, reasons.BEFORE_HALF_TIME, reasons.STALE]
    last = [reasons.UNKNOWN_PHASE, reasons.NOT_IN_PHASE, reasons.NO_TREATMENT, reasons.NO_DATA]
    context = [reasons.CONTEXT + place for place in range(len(CONTEXT_KEYS))]
    inhibited = [reasons.INHIBITED + place for place in range(len(RULES.rules))]
    for index, rule in enumerate(RULES.rules):
        inputs = [start + n for start in (reasons.MISSING, reasons.INVALID, reasons.SENSOR)
                  for n in range(len(rule.inputs))]  # fmt: skip
        one = ONE_INPUT if rule.inputs or rule.watches else ()
        for code in (*plain, *one, *later, *last, *context, *inputs, *inhibited):
            yield reasons.words(code, RULES.rules, index)


def test_the_corpus_of_the_dashboard_has_every_sentence() -> None:
    if os.environ.get("HOMEHD_CORPUS") == "write":
        reason_corpus.write([*of_cases(), *of_the_rest()])
    assert reason_corpus.lacking(of_the_rest()) == [], reason_corpus.ANEW
