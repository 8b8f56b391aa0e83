"""Ionic dialysance and the dose it adds up to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.adequacy.dialysance import ionic_dialysance, online_dose
from tests.alerts.adequacy.asking import anything, number_or_error, refused


def test_the_worked_step() -> None:
    assert ionic_dialysance(14, 15.4, 13.90, 14.79, 500, 10) == pytest.approx(185.79, abs=5e-3)


def test_a_step_of_exactly_the_smallest_counts() -> None:
    assert ionic_dialysance(14, 14.1, 13.9, 13.95, 500, 0) == pytest.approx(250)
    assert ionic_dialysance(14.1, 14.0, 13.95, 13.9, 500, 0) == pytest.approx(250)


@pytest.mark.parametrize(
    ("values", "what", "allowed"),
    [
        ((14, 14, 13.9, 13.9, 500, 10), "ci1 − ci2", "at least 0.1"),
        ((14, 14.09, 13.9, 13.9, 500, 10), "ci1 − ci2", "at least 0.1"),
        ((140, 154, 139, 147.9, 500, 10), "ci1", "10 to 18 mS/cm"), ((14, 15.4, 13.9, 148, 500, 10), "co2", "10 to 18"),
        ((14, 14.8, 13.9, 15.4, 500, 10), "(co1 − co2)", "0 to 1"), ((14, 15.4, 13.9, 13.8, 500, 10), "(co1", "0 to 1"),
        ((14, 15.4, 13.9, 14.8, 0, 10), "qd", "1 to 1000"), ((14, 15.4, 13.9, 14.8, 500, -1), "qf", "0 to 400"),
    ],
)  # fmt: skip
def test_outside_the_range(values: tuple[float, ...], what: str, allowed: str) -> None:
    refused(lambda: ionic_dialysance(*values), what, allowed)


@given(values=st.tuples(*[anything("conductivity")] * 4, anything("qd"), anything("qf")))
def test_any_step_gives_a_clearance_or_the_error(values: tuple[float, ...]) -> None:
    clearance = number_or_error(lambda: ionic_dialysance(*values))
    assert clearance is None or 0 <= clearance <= sum(values[4:])  # type: ignore[operator]


@given(share=st.floats(0, 1), step=st.floats(0.2, 2), qd=st.floats(100, 900), qf=st.floats(0, 100))
def test_from_clearance_to_conductivity_and_back(share: float, step: float, qd: float, qf: float) -> None:
    found = ionic_dialysance(14, 14 + step, 13.5, 13.5 + share * step * (1 - 1e-9), qd, qf)
    assert found == pytest.approx((1 - share) * (qd + qf), abs=1e-4)


def test_a_dose_adds_up_and_looks_ahead() -> None:
    dose = online_dose([200, 180, 190], [60, 60, 60], 40, 60)
    assert dose.delivered == pytest.approx((200 + 180 + 190) * 60 / 40000)
    assert dose.value == pytest.approx((200 + 180 + 190 + 190) * 60 / 40000)
    assert online_dose([200], [240], 40).value == pytest.approx(1.2)


def test_a_clearance_that_is_not_known_is_not_zero() -> None:
    refused(lambda: online_dose([200, float("nan")], [60, 60], 40), "clearance", "0 to 1000")
    refused(lambda: online_dose([], [], 40), "number of minutes", "one for each of 0")
    refused(lambda: online_dose([200, 200], [60], 40), "number of minutes", "one for each of 2")
    refused(lambda: online_dose([200, 200], [800, 800], 40), "minutes in all", "0 to 1440")
    refused(lambda: online_dose([200], [60], 40, -1), "minutes left", "0 to 1440")
    refused(lambda: online_dose([200], [60], 0), "volume_l", "5 to 100 L")


@given(
    st.lists(st.tuples(anything("clearance"), anything("minutes")), max_size=5), anything("volume_l"),
    anything("minutes"),
)  # fmt: skip
def test_any_treatment_gives_a_dose_or_the_error(pairs: list[tuple[float, float]], volume: float, left: float) -> None:
    dose = number_or_error(lambda: online_dose([k for k, _ in pairs], [dt for _, dt in pairs], volume, left))
    assert dose is None or dose.value >= dose.delivered >= 0  # type: ignore[attr-defined]
