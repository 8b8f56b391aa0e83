"""Raw samples to checked values."""

from __future__ import annotations

import numpy as np
import pytest

from alerts.inputs import IMPLAUSIBLE, MISSING, VALID, Columns
from alerts.schema import PUMP_RUNNING
from telemetry import signals

COLUMNS = Columns(["venous_pressure", "machine_mode", "dialysate_temperature"])


def check(count: int = 1, invalid: int = 0, **values: float) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    raw = np.full((count, signals.COUNT), np.nan, np.float32)
    for name, value in values.items():
        raw[:, signals.BY_NAME[name].number] = value
    return COLUMNS.check(raw, np.full(count, invalid, np.uint64))


def test_columns_are_in_catalogue_order_with_the_pump_last() -> None:
    assert COLUMNS.names == (
        "blood_flow", "venous_pressure", "dialysate_temperature", "machine_mode", "blood_pump_running", PUMP_RUNNING,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "code"),
    [(150, VALID), (-100, VALID), (500, VALID), (500.1, IMPLAUSIBLE), (-100.1, IMPLAUSIBLE), (np.nan, MISSING),
     (np.inf, IMPLAUSIBLE), (-np.inf, IMPLAUSIBLE), (3e38, IMPLAUSIBLE)],
)  # fmt: skip
@pytest.mark.parametrize("count", [1, 7, 100, 1000])
def test_codes_at_the_edges_whatever_the_number_of_units(value: float, code: int, count: int) -> None:
    values, codes = check(count, venous_pressure=value)
    place = COLUMNS.place("venous_pressure")
    assert codes[:, place].tolist() == [code] * count
    assert np.isnan(values[:, place]).all() == (code != VALID)
    assert (codes[:, COLUMNS.place("dialysate_temperature")] == MISSING).all()


def test_a_signal_without_a_range_is_still_not_infinite() -> None:
    assert check(machine_mode=7)[1][0, COLUMNS.place("machine_mode")] == VALID
    assert check(machine_mode=np.inf)[1][0, COLUMNS.place("machine_mode")] == IMPLAUSIBLE


def test_what_the_box_marked_is_implausible_and_nothing_else() -> None:
    _, codes = check(
        invalid=1 << signals.BY_NAME["venous_pressure"].number, venous_pressure=1, dialysate_temperature=36
    )
    assert codes[0, COLUMNS.place("venous_pressure")] == IMPLAUSIBLE
    assert codes[0, COLUMNS.place("dialysate_temperature")] == VALID


@pytest.mark.parametrize(
    ("flow", "running", "pump"),
    [(300, np.nan, 1), (0, np.nan, 0), (np.nan, 1, 1), (np.nan, 0, 0), (300, 0, 0), (0, 1, 0), (300, 1, 1),
     (0.2, np.nan, 1), (np.nan, np.nan, None), (-5, np.nan, None), (900, 1, 1)],
)  # fmt: skip
def test_the_pump_runs_unless_flow_or_machine_says_it_stands(flow: float, running: float, pump: float | None) -> None:
    values, codes = check(blood_flow=flow, blood_pump_running=running)
    if pump is None:
        assert np.isnan(values[0, -1]) and codes[0, -1] == MISSING
    else:
        assert values[0, -1] == pump and codes[0, -1] == VALID
