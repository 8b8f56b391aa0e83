from __future__ import annotations

from typing import Any

import pytest

from homehd import care_words
from telemetry.care import Access, Limits, Measured, Measurement, Prescribed, Schedule, TargetWeight
from telemetry.errors import HomehdError, SettingsError

NOW_US = 1_772_409_600_000_000
DAY_US = 86_400_000_000


def schedule(**change: Any) -> Schedule:
    words: dict[str, Any] = {"days": "mon,Wed", "every": None, "at": "18:30", "zone": "Europe/Berlin", "minutes": 240.0}
    return care_words.schedule(**{**words, **change})


def test_a_schedule_by_weekdays_or_by_an_interval() -> None:
    assert schedule() == Schedule(days=("mon", "wed"), at="18:30", zone="Europe/Berlin", duration_min=240)
    assert schedule(days=None, every=2).every_days == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"every": 2}, "give one of them"),
        ({"days": None}, "give one of them"),
        ({"days": "mon,monday"}, "--days mon,monday"),
        ({"days": "mon,mon"}, "at most once"),
        ({"days": ""}, "at most once"),
        ({"days": None, "every": 0}, "--every 0"),
        ({"at": "6pm"}, "--at 6pm"),
        ({"at": "25:00"}, "--at 25:00"),
        ({"zone": "Berlin"}, "--zone Berlin"),
        ({"zone": "../../etc/passwd"}, "--zone"),
        ({"minutes": 4.0}, "is it in minutes?"),
        ({"minutes": float("nan")}, "--minutes nan"),
    ],
)
def test_a_schedule_that_cannot_be(change: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        schedule(**change)
    assert said in caught.value.line()


def test_an_access_with_a_needle_that_gives_a_curve() -> None:
    points = ((200.0, 60.0), (300.0, 100.0), (400.0, 150.0))
    assert care_words.access("fistula", "200:60,300:100,400:150") == Access(kind="fistula", needle=points)
    assert care_words.access("graft", None) == Access(kind="graft")


@pytest.mark.parametrize(
    "needle", ["200", "200:60", "200:60,300:x,400:150", "200:60,200:61,200:62", "2:60,3:nan,4:150"]
)
def test_a_needle_that_gives_none(needle: str) -> None:
    with pytest.raises(HomehdError):
        care_words.access("fistula", needle)


def test_own_limits_by_the_names_of_the_rules_file() -> None:
    assert care_words.limits("R25", ["low_min=15"]) == Limits(rule="R25", limits={"low_min": 15.0})
    assert care_words.limits("R25", []) == Limits(rule="R25", limits={})
    assert care_words.limits("R13", ["high=320"]) == Limits(rule="R13", limits={"high": 320.0})


@pytest.mark.parametrize(
    ("rule", "pairs", "said"),
    [
        ("R13", ["high=42"], "high: 150 to 600"),
        ("R19", ["high=30"], "there is no number; rules whose limits can be a patient's own: R01, R02, "),
        ("R16", ["medium=40"], "there are medium_transmembrane_pressure, medium_venous_pressure"),
        ("R25", ["low=15"], "no such limit"),
        ("R25", ["low_min"], "NAME=NUMBER"),
        ("R25", ["low_min=many"], "'many' is no number"),
        ("R25", ["low_min=40"], "below medium_min"),
    ],
)
def test_own_limits_that_cannot_be(rule: str, pairs: list[str], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        care_words.limits(rule, pairs)
    assert said in caught.value.line()


def test_a_prescription_by_the_names_the_rules_know() -> None:
    given = care_words.prescription(
        ["pre_systolic_mmhg=140", "prescribed_heparin_ml_h=0", "prescribed_spktv=none", "target_weight_kg=70"]
    )
    assert given == [
        Prescribed(item="pre_systolic_mmhg", value=140.0),
        Prescribed(item="prescribed_heparin_ml_h", value=0.0),
        Prescribed(item="prescribed_spktv", value=None),
        TargetWeight(kg=70.0),
    ]
    assert care_words.prescription([]) == []


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("pre_systolic_mmhg=18", "30 to 300 mmHg"),
        ("prescribed_conductivity_ms_cm=140", "10 to 18 mS/cm"),
        ("target=70", "one of target_weight_kg"),
        ("target_weight_kg", "NAME=NUMBER"),
        ("target_weight_kg=none", "enter another"),
        ("prescribed_spktv=nan", "is no number"),
    ],
)
def test_a_prescription_that_cannot_be(pair: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        care_words.prescription([pair])
    assert said in caught.value.line()
    with pytest.raises(SettingsError, match="each once"):
        care_words.prescription(["target_weight_kg=70", "target_weight_kg=71"])


def test_a_value_with_its_unit() -> None:
    taken = care_words.measurement("weight-before", 72.5, "kg", NOW_US - 1, NOW_US)
    assert taken == Measurement(0, Measured.WEIGHT_BEFORE, 72.5, NOW_US - 1)


@pytest.mark.parametrize(
    ("what", "value", "unit", "taken_us", "said"),
    [
        ("weight-before", 160.0, "lb", NOW_US, "entered in kg"),
        ("weight-before", 72500.0, "kg", NOW_US, "10 to 300 kg"),
        ("weight-before", float("nan"), "kg", NOW_US, "10 to 300 kg"),
        ("access-flow", 1.1, "mL/min", NOW_US, "50 to 5000 mL/min"),
        ("chlorine", 0.05, "mg/L", NOW_US + DAY_US, "not in the future"),
        ("chlorine", 0.05, "mg/L", NOW_US - 500 * DAY_US, "400 days"),
    ],
)
def test_a_value_that_cannot_be(what: str, value: float, unit: str, taken_us: int, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        care_words.measurement(what, value, unit, taken_us, NOW_US)
    assert said in caught.value.line()


@pytest.mark.parametrize("count", [0, 51])
def test_a_baseline_is_of_some_treatments(count: int) -> None:
    assert care_words.treatments(10) == 10
    with pytest.raises(SettingsError, match="1 to 50"):
        care_words.treatments(count)


def test_a_target_weight_in_grams_and_a_moment_in_another_year() -> None:
    assert care_words.target_weight(70).kg == 70
    with pytest.raises(SettingsError, match="is it in kg"):
        care_words.target_weight(70_000)
    assert care_words.since(None, NOW_US) == NOW_US
    assert care_words.since(NOW_US + DAY_US, NOW_US) == NOW_US + DAY_US
    for wrong in (NOW_US + 400 * DAY_US, NOW_US - 500 * DAY_US):
        with pytest.raises(SettingsError, match="--from"):
            care_words.since(wrong, NOW_US)
