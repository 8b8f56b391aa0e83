"""The bedside through a gateway: the same patient, the contract's messages, and a truth line for each measurement."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from protocols.events import Observation
from protocols.mqtt_gateway.decoder import GatewayDecoder
from simulators.gateway_machine import GatewayMachine, GatewayOptions, Said
from simulators.scenario import Beginning, build, load_scenario
from telemetry.clock import ManualClock
from telemetry.errors import SettingsError

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs/machines/mqtt_gateway.schema.json").read_text("utf-8"))
CUFF = {"systolic", "diastolic", "mean_pressure", "pulse_rate"}


def hear(seconds: float, **options: Any) -> tuple[GatewayMachine, list[Said]]:
    clock = ManualClock()
    machine = GatewayMachine(GatewayOptions(broker="mqtt://127.0.0.1", **options), clock)
    said: list[Said] = []
    while seconds > 0:
        clock.advance(min(1.0, seconds))
        said += machine.due()
        seconds -= 1.0
    return machine, said


def of_kind(said: list[Said], kind: str) -> list[dict[str, Any]]:
    return [json.loads(one.payload) for one in said if one.kind == kind]


def test_every_message_passes_the_schema_and_decodes_to_its_truth() -> None:
    _, said = hear(120.0, scenario="air", start_minute=30.0, onset_s=20.0, cuff_minutes=0.5)
    assert {one.kind for one in said} == {"readings", "alive", "cuff", "scale"}
    check = jsonschema.Draft202012Validator(SCHEMA)
    for kind in ("alive", "cuff", "scale"):
        for message in of_kind(said, kind):
            check.validate(message)
    for message in of_kind(said, "readings")[::20]:
        check.validate(message)
    decoder = GatewayDecoder()
    for one in said:
        seen = decoder.receive(one.payload + b"\n")
        if one.truth is None:
            assert seen == [] and one.kind == "alive"
            continue
        (shown,) = seen
        assert isinstance(shown, Observation)
        assert one.truth["readings"] == shown.values and one.truth["kind"] == one.kind and not shown.invalid
        assert len(one.truth["alarms"]) == len(shown.alarms)


def test_it_is_the_patient_and_machine_of_the_other_protocols() -> None:
    machine, said = hear(30.0, seed=7, start_minute=30.0)
    other = build(load_scenario("steady"), 7, Beginning(minute=30.0))
    pressures = []
    for _ in range(60):
        other.step(0.5)
        pressures.append(round(other.values["venous_pressure"], 3))
    assert machine.machine.values == other.values
    shown = [one.truth["readings"]["venous_pressure"] for one in said if one.kind == "readings" and one.truth]
    assert shown == pressures[::2], "every second step, to the thousandth"


def test_numbers_rise_and_the_session_is_its_own() -> None:
    _, said = hear(20.0, start_minute=5.0)
    messages = [json.loads(one.payload) for one in said]
    assert [message["seq"] for message in messages] == list(range(1, len(messages) + 1))
    assert len({message["session"] for message in messages}) == 1


def test_the_cuff_speaks_when_it_has_measured_and_the_machine_never_repeats_it() -> None:
    _, said = hear(300.0, start_minute=30.0, cuff_minutes=1.0)
    assert len(of_kind(said, "cuff")) == 3, "35 s of measuring and a minute between"
    assert all(one.qos == 1 for one in said if one.kind in ("cuff", "scale"))
    assert all(one.qos == 0 for one in said if one.kind in ("readings", "alive"))
    assert not [one for one in said if one.kind == "readings" and one.truth and CUFF & one.truth["readings"].keys()]


def test_the_scale_speaks_before_and_after() -> None:
    machine, said = hear(120.0, speed=20.0, treatment_minutes=10.0)
    before, after = (next(iter(message["values"].items())) for message in of_kind(said, "scale"))
    assert before[0] == "MDC_HDIALY_THERAPY_BODY_START_WT" and after[0] == "MDC_HDIALY_THERAPY_BODY_END_WT"
    lost = before[1]["value"] - after[1]["value"]
    assert lost == pytest.approx(machine.machine.prescription.ultrafiltration_ml / 1000.0, abs=0.11)


def test_an_alarm_is_in_every_picture_while_it_stands() -> None:
    _, said = hear(240.0, scenario="air", start_minute=30.0, onset_s=10.0)
    lists = [tuple(alarm["event"] for alarm in message["alarms"]) for message in of_kind(said, "readings")]
    air = "MDC_EVT_HDIALY_SAFETY_VEN_AIR_DETECT"
    standing = [air in names for names in lists]
    assert not standing[0] and not standing[-1] and any(standing)
    begin, end = standing.index(True), len(standing) - standing[::-1].index(True)
    assert all(standing[begin:end])


def test_without_power_the_gateway_says_that_the_machine_is_silent() -> None:
    _, said = hear(120.0, scenario="power_cut", start_minute=30.0, onset_s=10.0)
    assert {message["machine"] for message in of_kind(said, "alive")} == {"connected", "silent"}
    assert len(of_kind(said, "readings")) < 30


def test_beside_a_machine_there_are_cuff_and_scale_only() -> None:
    _, said = hear(100.0, beside=True, start_minute=30.0, cuff_minutes=0.5)
    assert {one.kind for one in said} == {"alive", "cuff", "scale"}
    assert {message["machine"] for message in of_kind(said, "alive")} == {"none"}


@pytest.mark.parametrize("speed", [1.0, 60.0, 600.0])
def test_no_speed_makes_more_messages_than_a_box_takes(speed: float) -> None:
    _, said = hear(10.0, speed=speed, start_minute=5.0)
    assert len(said) <= 150


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"profile": "v1"}, "gateway-1"),
        ({"speed": 0.0}, "speed"),
        ({"every_s": 0.1}, "every"),
        ({"cuff_minutes": 0.1}, "cuff-minutes"),
        ({"scenario": "calm"}, "steady"),
    ],
)
def test_options_that_cannot_be_met_are_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        hear(0.0, **changes)
