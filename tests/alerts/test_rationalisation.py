"""Why a rule is an alert: complete, or told what is lacking."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from alerts import rationalisation
from alerts.rationalisation import Rationalisation
from telemetry.alarms import Priority
from tests.alerts.building import RULES

HIGH, MEDIUM, LOW = Priority.HIGH, Priority.MEDIUM, Priority.LOW
WHOLE = Rationalisation(
    likely_causes=["a kinked line"], consequence="It clots.", respond_within_s={HIGH: 120, MEDIUM: 600}, mark="M"
)


def test_a_whole_one_is_taken() -> None:
    WHOLE.check({HIGH, MEDIUM})
    msgspec.structs.replace(WHOLE, mark="C", source="Flythe 2015").check([MEDIUM, HIGH, HIGH])
    msgspec.structs.replace(WHOLE, respond_within_s={HIGH: 600, MEDIUM: 600}).check({HIGH, MEDIUM})
    longest = msgspec.structs.replace(WHOLE, respond_within_s={LOW: rationalisation.LONGEST_S})
    longest.check({LOW})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"likely_causes": []}, "likely_causes: at least one"),
        ({"likely_causes": ["a kink", " "]}, "none empty"),
        ({"consequence": " "}, "consequence: what happens"),
        ({"mark": "C"}, "C needs the source"),
        ({"mark": "C", "source": " "}, "C needs the source"),
        ({"respond_within_s": {HIGH: 120}}, "each priority of the levels: high, medium"),
        ({"respond_within_s": {HIGH: 120, MEDIUM: 600, LOW: 700}}, "each priority of the levels: high, medium"),
        ({"respond_within_s": {HIGH: 0, MEDIUM: 600}}, "above 0"),
        ({"respond_within_s": {HIGH: 120, MEDIUM: rationalisation.LONGEST_S + 1}}, "is no alert"),
        ({"respond_within_s": {HIGH: 601, MEDIUM: 600}}, "never has more time"),
    ],
)
def test_what_is_lacking_is_told(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        msgspec.structs.replace(WHOLE, **change).check({HIGH, MEDIUM})


def test_a_high_alert_of_what_ships_leaves_less_time_than_the_documented_emergency_pathway_takes() -> None:
    # Six minutes: the last step for a high alert that nobody has accepted (clinical.md 4).
    for rule in RULES.rules:
        assert rule.spec.rationalisation.respond_within_s.get(HIGH, 0) <= 360, rule.id
