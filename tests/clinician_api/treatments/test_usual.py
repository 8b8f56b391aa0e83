"""What is usual at each minute: of three at least, and nothing made up where fewer have a value."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from clinician_api.treatments.usual import Usual, answer

BEFORE = datetime(2026, 3, 1, tzinfo=UTC)
NAN = float("nan")


def course(*rows: list[float]) -> NDArray[np.float32]:
    return np.array(rows, np.float32)


def told(names: list[str], *treatments: NDArray[np.float32]) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(answer(7, BEFORE, names, treatments))
    Usual.model_validate(found)
    return found


def test_percentiles_by_minute_where_three_have_a_value() -> None:
    ten = [course([float(n), NAN if n > 2 else 5.0, NAN if n > 1 else 9.0]) for n in range(1, 11)]
    found = told(["venous_pressure"], *ten, course([NAN] * 3))
    assert (found["patient_id"], found["treatments"]) == ("7", 10)
    usual = found["series"]["venous_pressure"]
    assert usual["median"] == [5.5, None, None], "of two treatments nothing is usual"
    assert (usual["low"][0], usual["high"][0]) == (1.9, 9.1)
    three = told(["venous_pressure"], *[course([1.0, 2.0][:length]) for length in (1, 2, 2, 2)])
    assert three["series"]["venous_pressure"]["median"] == [1.0, 2.0], "of unequal length"


def test_of_fewer_than_three_treatments_there_is_no_course() -> None:
    found = told(["venous_pressure"], course([1.0]), course([1.0]), course([NAN]))
    assert (found["treatments"], found["series"]) == (2, {})


def test_a_signal_that_was_not_measured_is_left_out() -> None:
    found = told(["venous_pressure", "systolic"], *[course([1.0], [NAN])] * 3)
    assert list(found["series"]) == ["venous_pressure"]
