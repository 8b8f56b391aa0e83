"""Run lengths: published tables met exactly, and by simulation of the live steps within three standard errors."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.out_of_range import OutOfRange
from alerts.statistics import cusum, ewma, run_length
from tests.alerts.statistics import simulation
from tests.alerts.statistics.simulation import LONG, estimate

pytestmark = pytest.mark.timeout(3600 if LONG else 180)

CUSUM = cusum.Design(0.5, 5.0)
TABLE = ewma.Design(0.2, 2.962, exact_limits=False)
# Lucas and Crosier: shift, two-sided k 0.5 h 5, the same with a head start of h/2.
LUCAS_CROSIER = (
    (0.0, 465, 430), (0.25, 139, 122), (0.5, 38.0, 28.7), (0.75, 17.0, 11.2), (1.0, 10.4, 6.35), (1.5, 5.75, 3.37),
    (2.0, 4.01, 2.36), (2.5, 3.11, 1.86), (3.0, 2.57, 1.54), (4.0, 2.01, 1.16),
)  # fmt: skip
# One-sided k 0.5: h, run length in control. Live tuning.
LIVE = ((5.0, 931), (6.669, 5_000), (8.053, 20_000), (9.662, 100_000))


def rounded_alike(value: float, published: float) -> bool:
    text = f"{published:g}"
    digits = len(text.partition(".")[2])
    return abs(value - published) <= 0.51 * 10**-digits


@pytest.mark.parametrize(("shift", "plain", "fast"), LUCAS_CROSIER)
def test_the_table_of_lucas_and_crosier(shift: float, plain: float, fast: float) -> None:
    assert rounded_alike(run_length.cusum_two_sided(CUSUM, shift), plain)
    assert rounded_alike(run_length.cusum_two_sided(cusum.Design(0.5, 5, 2.5), -shift), fast)


@pytest.mark.parametrize(("shift", "published"), [(0, 500), (1, 10.5), (2, 3.74)])
def test_the_table_of_the_weighted_mean(shift: float, published: float) -> None:
    assert rounded_alike(run_length.ewma(TABLE, shift), published)


@pytest.mark.parametrize(("h", "length"), LIVE)
def test_live_tuning(h: float, length: float) -> None:
    assert run_length.cusum(cusum.Design(0.5, h)) == pytest.approx(length, rel=5e-4)
    if length > 1000:
        assert run_length.cusum_interval(0.5, length) == pytest.approx(h, abs=5e-4)


@pytest.mark.parametrize(("shift", "published", "runs"), [(0, 465, 1500), (1, 10.4, 4000), (2, 4.01, 4000)])
def test_cusum_by_simulation(shift: float, published: float, runs: int) -> None:
    assert estimate(simulation.two_sided(CUSUM), [0.0, 0.0], runs, 20261, shift).agrees(published)


@pytest.mark.parametrize(("shift", "published", "runs"), [(0, 430, 1500), (1, 6.35, 4000), (2, 2.36, 4000)])
def test_fast_initial_response_by_simulation(shift: float, published: float, runs: int) -> None:
    fast = cusum.Design(0.5, 5, 2.5)
    assert estimate(simulation.two_sided(fast), [2.5, 2.5], runs, 20262, shift).agrees(published)


@pytest.mark.parametrize(("shift", "published", "runs"), [(0, 500, 1500), (1, 10.5, 4000), (2, 3.74, 4000)])
def test_the_weighted_mean_by_simulation(shift: float, published: float, runs: int) -> None:
    assert estimate(simulation.weighted_mean(TABLE), [0.0, 0.0], runs, 20263, shift).agrees(published)


@pytest.mark.parametrize(("shift", "runs"), [(0, 1500), (1, 4000), (2, 4000)])
def test_exact_limits_by_simulation(shift: float, runs: int) -> None:
    exact = ewma.Design(0.2, 2.962)
    computed = run_length.ewma(exact, shift)
    assert computed < run_length.ewma(TABLE, shift)
    assert estimate(simulation.weighted_mean(exact), [0.0, 0.0], runs, 20264, shift).agrees(computed)


@pytest.mark.parametrize(
    ("h", "length", "runs"),
    [(6.669, 5_000, 300), *((h, length, 0) for h, length in LIVE[2:] if LONG)],
)
def test_live_tuning_by_simulation(h: float, length: float, runs: int) -> None:
    assert estimate(simulation.one_sided(cusum.Design(0.5, h)), [0.0], runs, 20265).agrees(length)


def test_autocorrelation_cuts_932_to_106() -> None:
    one_sided = simulation.one_sided(CUSUM)
    assert estimate(one_sided, [0.0], 1000, 20266).agrees(932)
    assert estimate(one_sided, [0.0], 4000, 20267, correlation=0.5).agrees(106)


def test_a_simulation_can_disagree() -> None:
    assert not estimate(simulation.two_sided(CUSUM), [0.0, 0.0], 4000, 20268, 1.0).agrees(9.8)


def test_on_delay_worked_and_by_simulation() -> None:
    assert run_length.on_delay(0.05, 3) == pytest.approx(8420)
    assert run_length.on_delay(0.3, 1) == pytest.approx(1 / 0.3)
    assert estimate(simulation.on_delay(0.2, 3), [0.0], 3000, 20269).agrees(run_length.on_delay(0.2, 3))
    if LONG:
        assert estimate(simulation.on_delay(0.05, 3), [0.0], 0, 20270).agrees(8420)


def test_a_single_value_is_a_shewhart_chart() -> None:
    # λ 1, L 3: 1/(2 Φ(−3)); and a CUSUM with h → 0 is one of limit k.
    assert run_length.ewma(ewma.Design(1.0, 3.0)) == pytest.approx(370.398, abs=1e-3)
    assert run_length.cusum(cusum.Design(2.9, 0.1)) == pytest.approx(1 / 0.00134990, rel=2e-2)


def test_one_false_trend_alert_in_thirty_treatments_needs_h_8() -> None:
    assert run_length.cusum_interval(0.5, 30 * 600) == pytest.approx(8, abs=0.06)


@settings(max_examples=25)
@given(k=st.floats(0.1, 1.5), h=st.floats(1, 10), shift=st.floats(0, 3))
def test_wider_is_later_and_a_larger_shift_sooner(k: float, h: float, shift: float) -> None:
    try:
        length = run_length.cusum(cusum.Design(k, h), shift)
    except OutOfRange:
        return
    assert run_length.cusum(cusum.Design(k, h), shift + 0.5) <= length * (1 + 1e-6)
    assert run_length.cusum(cusum.Design(k, h * 0.9), shift) <= length * (1 + 1e-6)
    assert run_length.cusum(cusum.Design(k, h, h / 2), shift) <= length * (1 + 1e-6)


@settings(max_examples=40)
@given(
    k=st.floats(0, 5), h=st.floats(0.1, 30), head=st.sampled_from([0.0, 0.5, 0.99]), shift=st.floats(-6, 6),
    weight=st.floats(0.05, 1), limit=st.floats(0.5, 6),
)  # fmt: skip
def test_any_design_has_a_run_length_or_the_error(
    k: float, h: float, head: float, shift: float, weight: float, limit: float
) -> None:
    design = cusum.Design(k, h, head * h)
    for ask in (
        lambda: run_length.cusum(design, shift),
        lambda: run_length.cusum_two_sided(design, shift),
        lambda: run_length.ewma(ewma.Design(weight, limit), shift),
        lambda: run_length.on_delay(weight, max(1, round(h))),
    ):
        try:
            length = ask()
        except OutOfRange:
            continue
        assert 1.0 <= length < float("inf")


def test_what_practically_never_signals_is_told() -> None:
    with pytest.raises(OutOfRange, match="practically never signals"):
        run_length.cusum(cusum.Design(5, 30), -6)
    with pytest.raises(OutOfRange, match="one that h = 30 reaches"):
        run_length.cusum_interval(0.0, 1e6)
    with pytest.raises(OutOfRange, match="more than that of h"):
        run_length.cusum_interval(5.0, 10)
    with pytest.raises(OutOfRange, match="shift is nan"):
        run_length.cusum(CUSUM, float("nan"))
    with pytest.raises(OutOfRange, match="p is 1"):
        run_length.on_delay(1.0, 3)
    with pytest.raises(OutOfRange, match="pⁿ"):
        run_length.on_delay(0.01, 1000)
