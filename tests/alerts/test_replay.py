"""`homehd replay`: lines in, transitions out."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import replay
from telemetry.alarms import SAFETY
from telemetry.errors import HomehdError
from telemetry.messages import EventKind
from tests.alerts.building import RULES


def run(*lines: dict[str, Any] | str) -> list[dict[str, Any]]:
    return list(replay.run([line if isinstance(line, str) else json.dumps(line) for line in lines], RULES))


def of(found: list[dict[str, Any]], rule: str, unit: str = "u1") -> list[tuple[float, str, str | None]]:
    return [(o["t"], o["state"], o["priority"]) for o in found if o["rule"] == rule and o["unit"] == unit]


def line(t: float, unit: str = "u1", phase: str = "TX", **readings: Any) -> dict[str, Any]:
    return {"t": t, "unit": unit, "phase": phase, "readings": readings}


def test_the_worked_value_of_r01_and_the_shape_of_an_answer() -> None:
    first = line(0, systolic=142) | {"context": {"pre_systolic_mmhg": 150}}
    found = run(first, line(1800, systolic=128), line(3600, systolic=119), line(5400, systolic=88))
    active = [o for o in found if o["rule"] == "R01" and o["state"] == "active"]
    assert active == [
        {
            "t": 5400,
            "unit": "u1",
            "rule": "R01",
            "priority": "medium",
            "state": "active",
            "reason": "Systolic pressure 88 mmHg, below 90 mmHg (nadir definition; 150 mmHg before the treatment)",
            "inputs": {"systolic": 88.0, "pre_systolic_mmhg": 150.0},
            "limit": 90.0,
            "limits": {"limit": 90.0, "on_delay_s": 0.0, "off_delay_s": 0.0, "deadband": 5.0},
            "rule_version": RULES.rule("R01").version,
        }
    ]
    json.dumps(found, allow_nan=False)


def test_silence_is_judged_by_how_far_the_recording_has_gone_on() -> None:
    found = run(line(0, blood_flow=300), line(0, "u2"), line(400, "u2"))
    assert of(found, "R33") == [
        (0, "normal", None), (30, "pending", "low"), (60, "active", "low"), (120, "active", "medium"),
        (300, "active", "high"),
    ]  # fmt: skip
    assert of(found, "R33", "u2")[-1] == (120, "active", "medium")


def test_silence_up_to_the_last_line_is_told() -> None:
    assert of(run(line(0), line(60, "u2")), "R33")[-1] == (60, "active", "low")
    assert of(run(line(0), line(59.9, "u2")), "R33")[-1] == (30, "pending", "low")


def test_the_same_recording_of_two_units_in_turn_is_two_recordings() -> None:
    both = run(*(line(t, unit, venous_pressure=262 + t % 2) for t in range(20) for unit in ("u1", "u2")))
    alone = run(*(line(t, "u2", venous_pressure=262 + t % 2) for t in range(20)))
    assert of(both, "R13", "u1") == of(both, "R13", "u2") == of(alone, "R13", "u2")
    assert of(alone, "R13", "u2")[-1] == (15, "active", "medium")


def test_a_phase_stays_until_another_is_given_and_none_is_unknown() -> None:
    found = run(line(0, dialysate_temperature=36), {"t": 1, "unit": "u1", "readings": {"dialysate_temperature": 36}})
    assert of(found, "R18") == [(0, "normal", None)]
    found = run({"t": 0, "unit": "u1", "readings": {"dialysate_temperature": 36}})
    assert of(found, "R18") == [(0, "not evaluated", None)]


def test_context_may_come_later_and_alone_and_may_hold_more_than_rules_ask_for() -> None:
    found = run(
        line(0, ultrafiltration_rate=800),
        {"t": 1, "unit": "u1", "context": {"target_weight": 75, "name": "x", "limits": {"R07 low": 9}}},
        line(2, ultrafiltration_rate=700),
    )
    assert of(found, "R07") == [(0, "not evaluated", None), (2, "pending", "low")]


@pytest.mark.parametrize("name", ["BLOOD_LEAK", "blood_leak", "MDC_EVT_HDIALY_BLOOD_LEAK", {"event": "BLOOD_LEAK"}])
def test_events_by_any_of_their_names(name: Any) -> None:
    found = run(line(0, blood_flow=300) | {"events": [name]})
    assert of(found, "R19") == [(0, "active", "high")]


def test_the_end_of_an_event() -> None:
    found = run(line(0) | {"events": ["BLOOD_LEAK"]}, line(1) | {"events": [{"name": "BLOOD_LEAK", "active": False}]})
    assert of(found, "R19") == [(0, "active", "high"), (1, "normal", None)]


@pytest.mark.parametrize("symptom", [{"symptom": "cramps"}, "symptom:cramps"])
def test_symptoms(symptom: Any) -> None:
    parsed = replay.parse(json.dumps(line(3) | {"events": [symptom]}), 1)
    assert [(e.kind, e.name, e.active, e.time_us) for e in parsed.events] == [
        (EventKind.SYMPTOM, "cramps", True, 3_000_000)
    ]


def test_every_safety_event_has_a_short_name() -> None:
    for name in SAFETY:
        parsed = replay.parse(json.dumps(line(0) | {"events": [name.removeprefix("MDC_EVT_HDIALY_")]}), 1)
        assert parsed.events[0].name == name


@pytest.mark.parametrize("value", ["NaN", "null", "Infinity", "-Infinity", "1e999", "1" + "0" * 400, '"abc"', "[1]"])
def test_bad_values_are_missing_or_implausible_never_normal(value: str) -> None:
    text = f'{{"t": 0, "unit": "u1", "phase": "TX", "readings": {{"venous_pressure": {value}}}}}'
    found = [o for o in run(text) if o["rule"] == "R13"]
    assert [o["state"] for o in found] == ["not evaluated"]
    assert ("not measured" if value in ("NaN", "null") else "implausible") in found[0]["reason"]


def test_signals_marked_invalid() -> None:
    found = run(line(0, venous_pressure=150) | {"invalid": ["venous_pressure"]})
    assert of(found, "R13") == [(0, "not evaluated", None)]


def test_booleans_are_numbers() -> None:
    found = run(line(0, blood_pump_running=False), line(1, blood_pump_running=True))
    assert of(found, "R21") == [(0, "pending", "high"), (1, "normal", None)]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{", "Expecting"),
        ("[]", "not an object"),
        ("nonsense", "Expecting value"),
        ('{"unit": "u1"}', "t is seconds"),
        ('{"t": "0", "unit": "u1"}', "t is seconds"),
        ('{"t": true, "unit": "u1"}', "t is seconds"),
        ('{"t": -1, "unit": "u1"}', "t is seconds"),
        ('{"t": NaN, "unit": "u1"}', "t is seconds"),
        ('{"t": 1e300, "unit": "u1"}', "t is seconds"),
        ('{"t": 0}', "unit is a name"),
        ('{"t": 0, "unit": ""}', "unit is a name"),
        ('{"t": 0, "unit": "u", "phase": "DANCE"}', "phase is one of"),
        ('{"t": 0, "unit": "u", "readings": []}', "readings is an object"),
        ('{"t": 0, "unit": "u", "readings": {"venous": 1}}', "no signal 'venous'"),
        ('{"t": 0, "unit": "u", "readings": {}, "invalid": ["x"]}', "no signal 'x'"),
        ('{"t": 0, "unit": "u", "events": {}}', "events is a list"),
        ('{"t": 0, "unit": "u", "events": ["BLOOD_LEEK"]}', "no machine event"),
        ('{"t": 0, "unit": "u", "events": [1]}', "an event is a name"),
        ('{"t": 0, "unit": "u", "events": [{"event": "BLOOD_LEAK", "active": 1}]}', "active is true or false"),
        ('{"t": 0, "unit": "u", "context": []}', "context is an object"),
    ],
)
def test_a_bad_line_is_an_error_with_its_number(text: str, hint: str) -> None:
    with pytest.raises(HomehdError, match=r"line 3") as caught:
        run(line(0), "", text)
    assert hint in caught.value.hint


@settings(deadline=None)
@given(
    st.text(max_size=80)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda x: (
            st.lists(x, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "t",
                        "unit",
                        "phase",
                        "readings",
                        "events",
                        "context",
                        "invalid",
                        "venous_pressure",
                        "limits",
                        "event",
                    ]
                ),
                x,
                max_size=5,
            )
        ),
        max_leaves=12,
    ).map(json.dumps)
)
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(HomehdError):
        run(text)
