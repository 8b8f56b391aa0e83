"""The shared words of rule files."""

from __future__ import annotations

from math import inf, nan

import pytest

from alerts import schema
from alerts.records import Context
from alerts.schema import Delays
from telemetry.alarms import Priority


@pytest.mark.parametrize(
    ("value", "text"),
    [(250.0, "250"), (-28.0, "−28"), (13.3333, "13.33"), (2.5, "2.5"), (-0.0, "0"), (0.0004, "0"), (150.346, "150.3"),
     (9.99951, "10"), (1234.56, "1234.6"), (100.0, "100")],
)  # fmt: skip
def test_numbers_as_a_person_writes_them(value: float, text: str) -> None:
    assert schema.number(value) == text


def test_quantities() -> None:
    assert schema.quantity(14.35, schema.unit("dialysate_conductivity")) == "14.35 mS/cm"
    assert schema.quantity(1, schema.unit(schema.PUMP_RUNNING)) == "1"
    assert schema.label(schema.PUMP_RUNNING) == "Blood pump"


def test_longer_than_is_a_microsecond_more_than_at_least() -> None:
    rung = schema.rung(Delays(priority=Priority.LOW, longer_than_s=120, off_delay_s=1.5, deadband=2), 7.0, "above")
    assert (rung.on_us, rung.off_us, rung.deadband, rung.limit) == (120_000_001, 1_500_000, 2.0, 7.0)
    assert schema.rung(Delays(priority=Priority.LOW, on_delay_s=3), 0.0, "").on_us == 3_000_000
    assert schema.rung(Delays(priority=Priority.LOW), 0.0, "").on_us == 0


@pytest.mark.parametrize(
    ("given", "used"), [(75.0, 75.0), (75, 75.0), (0.0, None), (-1.0, None), (nan, None), (inf, None)]
)
def test_context_values(given: float, used: float | None) -> None:
    assert schema.context_value(Context(target_weight_kg=given), "target_weight_kg") == used
    assert schema.context_value(Context(), "target_weight_kg") is None
