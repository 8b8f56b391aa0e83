"""Every sentence the rules make in their cases, and every word on why one is not evaluated, stand in the corpus by
which the dashboard's tests show that the page can say each in Chinese. HOMEHD_CORPUS=write makes it anew."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from alerts import cases, reasons, replay, ruleset
from alerts.between import cases as between_cases
from alerts.between import ruleset as between_ruleset
from alerts.between.review import review
from alerts.schema import CONTEXT_KEYS
from telemetry.alarms import EVENTS
from tests.alerts.between.test_cases import FILES as BETWEEN_FILES
from tests.alerts.test_cases import FILES

CORPUS = Path(__file__).resolve().parents[2] / "dashboard" / "tests" / "reasons.json"
RULES = ruleset.load()
ONE_INPUT = (reasons.OLD_READING, reasons.NO_READING)


def masked(text: str) -> str:
    """Sentences that differ in their numbers only are one."""
    return re.sub(r"[−-]?\d+(?:\.\d+)?(?:e[−-]?\d+)?", "#", text)


def sentences() -> Iterator[str]:
    for file in FILES.values():
        for case in file.case:
            yield from (str(found["reason"]) for found in replay.run(map(json.dumps, cases.lines(file, case)), RULES))
    for file_between in BETWEEN_FILES.values():
        (rule,) = [one for one in between_ruleset.load() if one.id == file_between.rule]
        for story in file_between.case:
            for expected in story.expect:
                now_us = between_cases.ORIGIN_US + round(expected.at * 3_600_000_000)
                past = between_cases.past_of(file_between, story, now_us)
                yield from (found.reason for found in review([rule], past, {}).findings)
    yield from not_evaluated()
    yield from (f"Machine alarm: {event.label}" for event in EVENTS)


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
    found: dict[str, str] = {}
    for text in sentences():
        found.setdefault(masked(text), text)
    if os.environ.get("HOMEHD_CORPUS") == "write":
        CORPUS.write_text(json.dumps(sorted(found.values()), ensure_ascii=False, indent=2) + "\n", "utf-8")
    known = {masked(text) for text in json.loads(CORPUS.read_text("utf-8"))}
    assert sorted(found.keys() - known) == [], "HOMEHD_CORPUS=write makes it anew; then say them in reasons-zh.ts"
