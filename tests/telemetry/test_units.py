"""The only conversions we do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.units import litres_to_millilitres, millilitres_to_litres


@pytest.mark.parametrize(("litres", "millilitres"), [(0.63, 630.0), (2.5, 2500.0), (0.0, 0.0), (99.99, 99990.0)])
def test_litres_become_exact_millilitres(litres: float, millilitres: float) -> None:
    assert litres_to_millilitres(litres) == millilitres


@given(st.integers(0, 99999).map(lambda n: n / 100))
def test_there_and_back(litres: float) -> None:
    assert millilitres_to_litres(litres_to_millilitres(litres)) == litres
