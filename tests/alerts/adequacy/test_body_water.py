"""Watson's volume."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.adequacy.body_water import Sex, watson
from tests.alerts.adequacy.asking import anything, number_or_error, refused, within

SEX = st.sampled_from(["m", "f"])


def test_a_man_and_a_woman() -> None:
    assert watson("m", 60, 175, 80) == pytest.approx(2.447 - 5.7096 + 18.795 + 26.896)
    assert watson("f", 60, 165, 65) == pytest.approx(-2.097 + 17.6385 + 16.029)
    assert watson("f", 30, 165, 65) == watson("f", 80, 165, 65)


@pytest.mark.parametrize(
    ("values", "what", "allowed"),
    [
        ((17, 175, 80), "age", "18 to 100 a"), ((101, 175, 80), "age", "18 to 100 a"),
        ((60, 1.75, 80), "height_cm", "120 to 230 cm"), ((60, 175, 9), "weight_kg", "10 to 300 kg"),
        ((60, 175, float("inf")), "weight_kg", "300"), ((60, 230, 30), "litres per kg", "at most 0.9"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("sex", ["m", "f"])
def test_outside_the_range(sex: Sex, values: tuple[float, float, float], what: str, allowed: str) -> None:
    if sex == "f" and what == "litres per kg":
        values = (60, 230, 25)
    refused(lambda: watson(sex, *values), what, allowed)


@given(sex=SEX, age=anything("age"), height=anything("height_cm"), weight=anything("weight_kg"))
def test_any_person_gives_a_number_or_the_error(sex: Sex, age: float, height: float, weight: float) -> None:
    litres = number_or_error(lambda: watson(sex, age, height, weight))
    assert litres is None or 0 < litres <= 0.9 * weight  # type: ignore[operator]


@given(sex=SEX, age=within("age"), height=st.floats(140, 200), weight=st.floats(60, 150))
def test_taller_and_heavier_is_more_water(sex: Sex, age: float, height: float, weight: float) -> None:
    assert watson(sex, age, height + 1, weight) > watson(sex, age, height, weight)
    assert watson(sex, age, height, weight + 1) > watson(sex, age, height, weight)
    assert watson("m", 18, height, weight) >= watson("m", age, height, weight)
