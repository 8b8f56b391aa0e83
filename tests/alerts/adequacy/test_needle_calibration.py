"""VDP0 of a clinic's own needles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.adequacy.needle_calibration import vdp0
from tests.alerts.adequacy.asking import anything, number_or_error, refused

FLOWS = (200.0, 250.0, 300.0, 350.0, 400.0)


@given(a=st.floats(0, 0.5), b=st.floats(0, 1e-3), qb=st.floats(200, 400))
def test_a_curve_comes_back(a: float, b: float, qb: float) -> None:
    found = vdp0(qb, FLOWS, [a * q + b * q * q for q in FLOWS])
    assert found.a == pytest.approx(a, abs=1e-9)
    assert found.b == pytest.approx(b, abs=1e-11)
    assert found.value == pytest.approx(a * qb + b * qb * qb, abs=1e-6)
    assert found.rms < 1e-6


def test_scatter_is_told() -> None:
    found = vdp0(300, (200, 300, 300, 400), (40, 68, 72, 112))
    assert found.value == pytest.approx(70, abs=1)
    assert 1 < found.rms < 3


@pytest.mark.parametrize(
    ("qb", "flows", "pressures", "what"),
    [
        (300, (200, 400), (40, 100), "number of points"), (300, (200, 300, 400), (40, 60), "number of points"),
        (300, (300, 300, 300), (60, 61, 62), "spread"), (450, FLOWS, (40, 50, 60, 70, 80), "qb"),
        (300, (0, 300, 400), (0, 60, 80), "flow"), (300, (200, 300, 400), (40, float("nan"), 80), "pressure"),
        (200, (200, 600, 700), (0, 10, 500), "VDP0"),
    ],
)  # fmt: skip
def test_outside_the_range(qb: float, flows: tuple[float, ...], pressures: tuple[float, ...], what: str) -> None:
    refused(lambda: vdp0(qb, flows, pressures), what, "")


@given(st.lists(st.tuples(anything("qb"), anything("vdp0")), max_size=6), anything("qb"))
def test_any_points_give_a_curve_or_the_error(points: list[tuple[float, float]], qb: float) -> None:
    found = number_or_error(lambda: vdp0(qb, [q for q, _ in points], [p for _, p in points]))
    assert found is None or found.value >= 0  # type: ignore[attr-defined]
