"""The statistics of detection under their names and keys."""

from __future__ import annotations

from typing import Final

from alerts.statistics import cusum, ewma, run_length
from homehd.calc import series
from homehd.calc.formula import Formula, Key, Method, count, numbers

_VALUES = {"values": Key("in order of time, a,b,…", read=numbers)}
_BASELINE = {"mu": Key("mean of the baseline"), "sigma": Key("standard deviation of the baseline")}
_REFERENCE = {"k": Key("reference value in standard deviations, 0 to 5")}
_CUSUM = {**_REFERENCE, "h": Key("decision interval in standard deviations, 0.1 to 30")}
_WEIGHTS = {
    "lambda": Key("weight of the newest value, 0.01 to 1", to="weight"),
    "limit": Key("half width of the limits in standard deviations of the mean, 0.5 to 6"),
}
_SHIFT = {"shift": Key("of the mean, in standard deviations, -6 to 6 (default 0)", optional=True)}
_HEAD = {"head-start": Key("where the sums begin (default 0)", optional=True)}
_PAGE = "integral equation; Lucas and Crosier 1982"


def _one_sided(k: float, h: float, shift: float = 0.0, head_start: float = 0.0) -> float:
    return run_length.cusum(cusum.Design(k, h, head_start), shift)


def _two_sided(k: float, h: float, shift: float = 0.0, head_start: float = 0.0) -> float:
    return run_length.cusum_two_sided(cusum.Design(k, h, head_start), shift)


def _weighted(weight: float, limit: float, shift: float = 0.0) -> float:
    return run_length.ewma(ewma.Design(weight, limit), shift)


def _weighted_steady(weight: float, limit: float, shift: float = 0.0) -> float:
    return run_length.ewma(ewma.Design(weight, limit, exact_limits=False), shift)


_RUN_LENGTH: Final = {
    "cusum": Method(_one_sided, {**_CUSUM, **_SHIFT, **_HEAD}, _PAGE, "N"),
    "cusum-two-sided": Method(_two_sided, {**_CUSUM, **_SHIFT, **_HEAD}, _PAGE, "N"),
    "ewma": Method(_weighted, {**_WEIGHTS, **_SHIFT}, "integral equation, exact limits", "N"),
    "ewma-steady": Method(_weighted_steady, {**_WEIGHTS, **_SHIFT}, "integral equation; Lucas and Saccucci 1990", "N"),
    "on-delay": Method(
        run_length.on_delay,
        {"p": Key("probability of each value to exceed the limit"), "n": Key("values in a row, 1 to 1000", read=count)},
        "runs of independent values",
        "N",
    ),
}

FORMULAS: Final[dict[str, Formula]] = {
    "mann-kendall": Formula(
        "whether values rise or fall beyond chance", "1",
        {"": Method(series.mann_kendall, _VALUES, "Mann–Kendall, exact up to 10 values", "N")},
    ),
    "theil-sen": Formula(
        "median slope", "{value}/{time}",
        {"": Method(series.theil_sen, {"times": Key("growing, a,b,…", read=numbers), **_VALUES,
                                  "limit": Key("tell when the line reaches it", optional=True)}, "Theil–Sen", "N")},
    ),
    "cusum": Formula(
        "two-sided tabular CUSUM", "1",
        {"": Method(series.cusum, {**_BASELINE, **_CUSUM, **_VALUES}, "Montgomery", "N")},
    ),
    "ewma": Formula(
        "EWMA chart with exact limits", "{value}",
        {"": Method(series.ewma, {**_BASELINE, **_WEIGHTS, **_VALUES}, "Montgomery", "N")},
    ),
    "run-length": Formula("average number of values until a chart signals", "1", _RUN_LENGTH),
    "cusum-interval": Formula(
        "the h at which a one-sided CUSUM has this run length in control", "1",
        {"": Method(run_length.cusum_interval,
                    {**_REFERENCE, "run-length": Key("average, in control, 10 to 1e8")}, _PAGE, "N")},
    ),
}  # fmt: skip
