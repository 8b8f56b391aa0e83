"""Access flow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.adequacy.access_flow import by_dialysance, reversed_lines
from tests.alerts.adequacy.asking import anything, number_or_error, refused, within


def test_worked_flows() -> None:
    assert reversed_lines(300, 0.25) == 900
    assert reversed_lines(300, 0.25, 10) == pytest.approx(870)
    assert by_dialysance(250, 200, 160) == 1000


def test_outside_the_range() -> None:
    refused(lambda: reversed_lines(300, 0), "ratio", "0.01 to 0.99")
    refused(lambda: reversed_lines(300, 25), "ratio", "0.01 to 0.99")
    refused(lambda: reversed_lines(10, 0.25, 10), "qb", "more than the ultrafiltration")
    refused(lambda: by_dialysance(250, 160, 200), "cn − cr", "at least 1")
    refused(lambda: by_dialysance(250, 200, 199.5), "cn − cr", "at least 1")
    refused(lambda: by_dialysance(0, 200, 160), "k", "at least 1 mL/min")
    refused(lambda: by_dialysance(250, 200, float("nan")), "cr", "0 to 1000")


@given(qb=anything("qb"), ratio=anything("ratio"), uf=anything("uf_ml_min"))
def test_any_recirculation_gives_a_flow_or_the_error(qb: float, ratio: float, uf: float) -> None:
    flow = number_or_error(lambda: reversed_lines(qb, ratio, uf))
    assert flow is None or flow > 0  # type: ignore[operator]


@given(k=anything("clearance"), cn=anything("clearance"), cr=anything("clearance"))
def test_any_dialysance_gives_a_flow_or_the_error(k: float, cn: float, cr: float) -> None:
    flow = number_or_error(lambda: by_dialysance(k, cn, cr))
    assert flow is None or flow > 0  # type: ignore[operator]


@given(ratio=within("ratio"), qb=st.floats(100, 600))
def test_from_flow_to_recirculation_and_back(ratio: float, qb: float) -> None:
    access = reversed_lines(qb, ratio)
    assert qb / (qb + access) == pytest.approx(ratio)
    assert reversed_lines(qb, ratio, 10) < access
