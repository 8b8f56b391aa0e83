"""What a page says of a rule is what its file says."""

from __future__ import annotations

import re
from dataclasses import replace

import msgspec
import pytest

from alerts.detectors.limit import LimitFile
from alerts.detectors.reading import ReadingFile
from alerts.ruleset import Rule
from homehd.safety import conditions
from homehd.safety.conditions import Level
from telemetry.alarms import Priority
from tests.alerts.building import RULES

AT_THE_END = (
    "Ultrafiltration volume at the end (ultrafiltration rate × treatment time left added) against the "
    "ultrafiltration target"
)
SILENCE = "No reading by the server's clock, in a treatment as far as known; shown from 30 s on, over after 3 readings"


@pytest.mark.parametrize(
    ("rule", "first"),
    [
        ("R02", "20 mmHg or more below it; or the mean pressure 10 mmHg or more below the first of the treatment"),
        ("R03", "30 mmHg or more below it; and below 100 mmHg; without a symptom; in the last 900 s"),
        ("R04", "below 90 mmHg, or 100 mmHg if the systolic pressure before the treatment was 160 or more; or the"),
        ("R06", "at or above 180 mmHg; or the other value of the reading at or above 110"),
        ("R16", "transmembrane pressure; above 30 mmHg/h; Mann–Kendall p at most 0.025"),
        ("R23", "relative blood volume; below −6.5 %/h; looks in a row: 2"),
    ],
)
def test_readings_and_trends_in_words(rule: str, first: str) -> None:
    assert next(conditions.levels(RULES.rule(rule))).condition.startswith(first)
    assert "window s" not in conditions.subject(RULES.rule(rule))


@pytest.mark.parametrize(
    ("rule", "subject", "first"),
    [
        ("R01", "A new systolic pressure (nadir definition), at most 3600 s old",
         "below 80 mmHg; or below the other level's limit with a symptom in the last 900 s"),
        ("R07", "Ultrafiltration rate ÷ target weight", "above 13 mL/kg/h"),
        ("R08", AT_THE_END, "more than 5 % above it; or 200 mL above it; whichever is less"),
        ("R09", "Ultrafiltration volume as it is against the ultrafiltration target",
         "more than 5 % above it; or 100 mL above it; whichever is more"),
        ("R10", ("Venous pressure against its median of the last 60 s, or of before a rise in the last 300 s, "
         "blood flow steady within 5 %"),
         "20 mmHg or more below it"),
        ("R12", "Venous pressure, less what a calibrated needle takes of it, at a blood flow of 190 mL/min or more",
         "below 25 mmHg"),
        ("R15", "Transmembrane pressure", "above 300 mmHg; the dialyser's limit instead where it is known"),
        ("R17", "Dialysate conductivity against the prescription", "more than 5 % off to either side"),
        ("R18", "Dialysate temperature", "at or above 41 °C"),
        ("R20", "An alarm of the machine stands", "Air, arterial · Air, venous"),
        ("R21", "Blood pump stopped with blood in the circuit", ""),
        ("R22", "An alarm of the machine stands", "one that stops the pump or clamps a line"),
        ("R33", SILENCE, "for 300 s; the pump last seen running"),
    ],
)  # fmt: skip
def test_in_words(rule: str, subject: str, first: str) -> None:
    assert conditions.subject(RULES.rule(rule)) == subject
    assert next(conditions.levels(RULES.rule(rule))).condition == first


def test_delays_and_how_a_level_ends() -> None:
    high, medium = conditions.levels(RULES.rule("R13"))
    assert high == Level(Priority.HIGH, "above 300 mmHg", "after 15 s", "once back by 20 mmHg for 15 s")
    assert medium.condition == "above 250 mmHg"
    assert [level.starts for level in conditions.levels(RULES.rule("R21"))] == [
        "after more than 240 s",
        "after more than 120 s",
    ]
    assert next(conditions.levels(RULES.rule("R21"))).ends == "once so no more for 30 s"
    assert next(conditions.levels(RULES.rule("R19"))) == Level(
        Priority.HIGH, "Blood leak", "at once", "once so no more"
    )
    assert next(conditions.levels(RULES.rule("R08"))).ends == "once back by 2 %"
    low, medium = conditions.levels(RULES.rule("R01"))
    assert low.ends == "once back by 5 mmHg in 2 new readings"
    assert (
        medium.condition == "below 90 mmHg, or 100 mmHg if the systolic pressure before the treatment was 160 or more"
    )


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)
def test_every_limit_and_delay_of_every_level_is_said(rule: Rule) -> None:
    written = [msgspec.to_builtins(level) for level in getattr(rule.spec, "level")]  # noqa: B009 – no `level` in Head
    levels = list(conditions.levels(rule))
    assert [level.priority for level in levels] == [level["priority"] for level in written]
    for level, file in zip(levels, written, strict=True):
        text = f"{conditions.subject(rule)} {level.condition} {level.starts} {level.ends}".replace("−", "-")
        said = set(map(float, re.findall(r"-?\d+(?:\.\d+)?", text)))
        hidden = {"below"} if getattr(rule.spec, "words", None) else set()
        numbers = {value for key, value in file.items() if type(value) in (int, float) and value and key not in hidden}
        assert numbers - {1} <= said


def test_a_limit_of_nothing_is_a_limit() -> None:
    rule = RULES.rule("R13")
    assert isinstance(rule.spec, LimitFile)
    level = msgspec.structs.replace(rule.spec.level[0], above=0.0)
    spec = msgspec.structs.replace(rule.spec, level=[level])
    assert next(conditions.levels(replace(rule, spec=spec))).condition == "above 0 mmHg"


def test_readings_that_a_level_waits_for_are_its_delay() -> None:
    rule = RULES.rule("R01")
    assert isinstance(rule.spec, ReadingFile)
    level = msgspec.structs.replace(rule.spec.level[0], on_readings=2)
    spec = msgspec.structs.replace(rule.spec, level=[level])
    assert next(conditions.levels(replace(rule, spec=spec))).starts == "after 2 new readings"


class Between(LimitFile, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A detector nobody has written words for."""

    of_treatments: int
    steady: list[str] = msgspec.field(default_factory=list)


def test_a_detector_without_words_of_its_own_is_readable() -> None:
    spec = RULES.rule("R13").spec
    assert isinstance(spec, LimitFile)
    keys = {name: getattr(spec, name) for name in spec.__struct_fields__} | {"detector": "drift", "of_treatments": 6}
    rule = Rule(Between(**keys), "1", (), (), (), ())
    assert conditions.subject(rule) == "Of treatments 6, signal venous pressure"
    assert next(conditions.levels(rule)).condition == "above 300"
