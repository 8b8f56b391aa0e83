"""A value in a wrong unit is invalid, never scaled; the others stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.events import WEIGHT
from protocols.mqtt_gateway.messages import Quantity
from protocols.mqtt_gateway.terms import CUFF, READINGS, SCALE, keys_of
from protocols.mqtt_gateway.values import read
from telemetry.signals import BY_NAME, CATALOGUE, Kind


def one(key: str, value: float | bool | str, unit: str = "") -> tuple[dict[str, float], dict[str, str]]:
    said = read({key: Quantity(value, unit)}, READINGS)
    assert not said.unknown
    return said.values, said.invalid


@pytest.mark.parametrize("signal", [s for s in CATALOGUE if s.name in READINGS], ids=lambda s: s.name)
def test_each_signal_in_its_own_unit_by_each_of_its_keys(signal: object) -> None:
    signal = BY_NAME[signal.name]  # type: ignore[attr-defined]
    low = 1.0 if signal.plausible is None else sum(signal.plausible) / 2.0
    value: float | bool | str = {Kind.NUMERIC: low, Kind.BOOLEAN: True, Kind.ENUMERATION: "HDF"}[signal.kind]
    expected = {Kind.NUMERIC: low, Kind.BOOLEAN: 1.0, Kind.ENUMERATION: 2.0}[signal.kind]
    for key in keys_of(signal):
        unit = signal.ucum if signal.kind is Kind.NUMERIC else ""
        assert one(key, value, unit) == ({signal.name: expected}, {})


def test_litres_become_millilitres_and_nothing_else_becomes_anything() -> None:
    assert one("159032", 1.2, "L")[0] == {"ultrafiltration_volume": 1200.0}
    assert one("159036", 0.63, "L/h")[0] == {"ultrafiltration_rate": 630.0}
    for key, value, unit in (
        ("158776", 18.7, "kPa"), ("158776", 140, "mmHg"), ("158776", 140, ""), ("158740", 0.3, "L/min"),
        ("159000", 160, "[lb_av]"), ("158796", 98.0, "[degF]"), ("158772", 70, "mL"), ("159044", -0.05, "1"),
    ):  # fmt: skip
        values, invalid = one(key, value, unit)
        assert values == {} and "wanted" in next(iter(invalid.values())), (key, unit)


@pytest.mark.parametrize(
    ("key", "value", "unit", "why"),
    [
        ("158740", "high", "mL/min", "not a number"),
        ("158740", True, "mL/min", "not a number"),
        ("158596", 1, "", "neither true nor false"),
        ("158596", True, "1", "wanted none"),
        ("158598", "Haemo", "", "not one of HD, IUF"),
        ("158598", 2, "", "not one of HD, IUF"),
        ("158740", 701, "mL/min", "outside 0…700"),
        ("158788", 9.9, "mS/cm", "outside 10…18"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_reason(key: str, value: object, unit: str, why: str) -> None:
    said = read({key: Quantity(value, unit), "158776": Quantity(140.0, "mm[Hg]")}, READINGS)  # type: ignore[arg-type]
    assert said.values == {"venous_pressure": 140.0}, "the others stay"
    (reason,) = said.invalid.values()
    assert why in reason and "Haemo" not in reason


def test_a_signal_said_twice_is_not_believed() -> None:
    twice = {"158740": Quantity(300.0, "mL/min"), "MDC_HDIALY_BLD_PUMP_BLOOD_FLOW_RATE": Quantity(30.0, "mL/min")}
    for order in (twice, dict(reversed(twice.items()))):
        said = read(order, READINGS)
        assert (said.values, said.invalid) == ({}, {"blood_flow": "said twice"})
    said = read(
        {"158740": Quantity(1.0, "kPa"), "MDC_HDIALY_BLD_PUMP_BLOOD_FLOW_RATE": Quantity(1.0, "mL/min")}, READINGS
    )
    assert said.values == {}


def test_terms_that_are_none_are_told_and_the_rest_is_taken() -> None:
    said = read(
        {"MDC_TEMP_ROOM": Quantity(21.0, "Cel"), "158594": Quantity("TX"), "158740": Quantity(1.0, "mL/min")}, READINGS
    )
    assert said.values == {"blood_flow": 1.0} and said.unknown == ["MDC_TEMP_ROOM", "158594"]
    assert read({"158740": Quantity(300.0, "mL/min")}, CUFF).unknown == ["158740"], "a cuff has no blood pump"


def test_a_weight_that_nobody_calls_before_or_after() -> None:
    for key in ("MDC_MASS_BODY_ACTUAL", "188736"):
        assert read({key: Quantity(71.2, "kg")}, SCALE).values == {WEIGHT: 71.2}
        assert read({key: Quantity(71.2, "kg")}, CUFF).unknown == [key]
        assert "outside 10…300" in read({key: Quantity(7.2, "kg")}, SCALE).invalid[WEIGHT]
        assert "wanted kg" in read({key: Quantity(157.0, "[lb_av]")}, SCALE).invalid[WEIGHT]


@given(
    value=st.floats(allow_nan=False) | st.booleans() | st.sampled_from(["HD", "x"]),
    unit=st.sampled_from(["", "1", "mL", "L", "mm[Hg]", "kPa", "kg", "%", "Cel"]),
    key=st.sampled_from([key for signal in CATALOGUE for key in keys_of(signal)]),
)
def test_every_value_is_plausible_or_invalid_or_unknown(value: float | bool | str, unit: str, key: str) -> None:
    said = read({key: Quantity(value, unit)}, READINGS)
    assert len(said.values) + len(said.invalid) + len(said.unknown) == 1
    assert all(BY_NAME[name].accepts(number) for name, number in said.values.items())
    assert all(reason and len(reason) < 200 for reason in said.invalid.values())
