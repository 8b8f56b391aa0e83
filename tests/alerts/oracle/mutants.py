"""Slips that somebody could make: a number in a rule file, a comparison or a delay in the engine; and how to make them.

A slip in a file is made in a copy of the folder; one in the engine by compiling the module's changed text and lending
its functions' code to the real ones, which reaches them wherever they are held.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

from alerts import ruleset
from alerts.ruleset import Ruleset


@dataclass(frozen=True)
class Slip:
    """`old` becomes `new`, once, in the file of a rule ("R13") or in a module ("alerts.delay").

    Attributes:
        cases: rules whose cases may show it; of a rule's own file, its own.
    """

    where: str
    old: str
    new: str
    cases: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.where}: {self.old} -> {self.new}"


IN_RULES = (
    Slip("R01", "below = 80", "below = 79"),
    Slip("R01", "under = 90", "under = 89"),
    Slip("R01", "at = 160", "at = 161"),
    Slip("R01", "symptom_within_s = 900", "symptom_within_s = 899"),
    Slip("R02", "\nfall = 20", "\nfall = 21"),
    Slip("R03", "below = 100", "below = 99"),
    Slip("R04", "ahead_s = 1800", "ahead_s = 1700"),
    Slip("R06", "at_least = 180", "at_least = 181"),
    Slip("R07", "above = 13", "above = 12.99"),
    Slip("R07", "deadband = 0.5", "deadband = 0.4"),
    Slip("R08", "above = 200", "above = 201"),
    Slip("R09", "above = 100", "above = 99"),
    Slip("R10", "drop = 20", "drop = 20.5"),
    Slip("R10", "on_delay_s = 3", "on_delay_s = 4"),
    Slip("R10", "rise_s = 300", "rise_s = 240"),
    Slip("R11", "\nwindow = 15", "\nwindow = 16"),
    Slip("R11", "on_delay_s = 4", "on_delay_s = 5"),
    Slip("R12", "flow_at_least = 190", "flow_at_least = 191"),
    Slip("R12", "below = 25", "below = 24.9"),
    Slip("R13", "above = 250", "above = 251"),
    Slip("R13", "on_delay_s = 15", "on_delay_s = 14"),
    Slip("R13", "off_delay_s = 15", "off_delay_s = 16"),
    Slip("R13", "deadband = 20", "deadband = 19"),
    Slip("R13", "max_gap_s = 10", "max_gap_s = 11"),
    Slip("R13", "blank_s = 60", "blank_s = 59"),
    Slip("R14", "below = -200", "below = -201"),
    Slip("R15", "on_delay_s = 30", "on_delay_s = 31"),
    Slip("R16", "above = 30", "above = 33"),
    Slip("R17", "outside = 2.5", "above = 2.5"),
    Slip("R17", "deadband = 1", "deadband = 1.5"),
    Slip("R18", "at_least = 41", "above = 41"),
    Slip("R18", "below = 33", "at_most = 33"),
    Slip("R21", "longer_than_s = 240", "on_delay_s = 240"),
    Slip("R21", '"R13", ', ""),
    Slip("R22", "longer_than_s = 60", "longer_than_s = 59"),
    Slip("R23", "below = -6.5", "below = -7"),
    Slip("R29", "below_percent = 10", "below_percent = 11"),
    Slip("R32", "longer_than_s = 300", "on_delay_s = 300"),
    Slip("R33", "silent_for_s = 60", "silent_for_s = 61"),
    Slip("R33", "good_samples = 3", "good_samples = 2"),
    Slip("R34", "flat_for_s = 120", "flat_for_s = 121"),
    Slip("R34", '"TX", "UNKNOWN"', '"TX"'),
)

IN_THE_ENGINE = (
    Slip("alerts.delay", "time - began >= on", "time - began > on"),
    Slip("alerts.delay", "time - back >= off", "time - back > off"),
    Slip("alerts.delay", "breach & evaluated & ~was_active", "breach & ~was_active"),
    Slip("alerts.delay", "was_active & clear & evaluated", "was_active & clear"),
    Slip("alerts.delay", "(time - back >= off)) | ended", "(time - back >= off))"),
    Slip("alerts.delay", " & ~held_back", ""),
    Slip("alerts.delay", "np.where(state == PENDING, since, time)", "time"),
    Slip("alerts.delay", "np.where(since == NEVER, time, since)", "time"),
    Slip("alerts.detectors.limit", "np.greater(z,", "np.greater_equal(z,"),
    Slip("alerts.detectors.limit", "np.less_equal(z,", "np.less(z,"),
    Slip("alerts.detectors.limit", "np.abs(z[:, self._outside])", "z[:, self._outside]"),
    Slip("alerts.detectors.limit", "return 0.5 if", "return 0.0 if"),
    Slip("alerts.detectors.limit", "_inclusive(rung) - float(", "_inclusive(rung) + float("),
    Slip("alerts.detectors.blind", "np.less(least,", "np.less_equal(least,", ("R12",)),
    Slip("alerts.detectors.blind", "< self._least)", "<= self._least)"),
    Slip("alerts.detectors.stale", "silent_us[:, None] >= self._silent_us", "silent_us[:, None] > self._silent_us"),
    Slip("alerts.detectors.stale", "reached | (state == _ACTIVE)", "reached"),
    Slip("alerts.detectors.stale", "state[(known != _TX) | still]", "state[known != _TX]"),
    Slip("alerts.detectors.sensor", "- since >= self._flat_us", "- since > self._flat_us"),
    Slip("alerts.detectors.sensor", "unmoved & (now.values[:, -1:] == 1.0)", "unmoved"),
    Slip("alerts.detectors.flag", "SAFETY_CLASS if name in SAFETY", "SAFETY_CLASS if name not in SAFETY"),
    Slip("alerts.detectors.drop", "fall >= reach.out", "fall > reach.out + 1", ("R10",)),
    Slip("alerts.detectors.drop", " & (fall < reach.out) & ~kept.above[:, rungs]", "", ("R10",)),
    Slip("alerts.detectors.drop", "leaves = fallen | risen", "leaves = fallen", ("R10",)),
    Slip("alerts.detectors.pair", "& (apart >= reach.out)", "", ("R11",)),
    Slip("alerts.detectors.pair", "leaves = out | risen", "leaves = out", ("R11",)),
    Slip("alerts.detectors.settled", "since >= self._on_us", "since > self._on_us", ("R10",)),
    Slip("alerts.detectors.baseline", "rise >= near", "rise >= 2 * near", ("R10",)),
    Slip("alerts.detectors.baseline", "- since >= self._rise_us)", "- since >= 2 * self._rise_us)", ("R10",)),
    Slip("alerts.detectors.baseline", "(filled & ~up)", "filled", ("R10",)),
    Slip("alerts.detectors.blind", "np.fmin(value, value - _drop", "np.fmax(value, value - _drop", ("R12",)),
    Slip("alerts.detectors.blind", "(flow <= high)", "(flow <= 2 * high)", ("R12",)),
    Slip("alerts.detectors.projection", "np.greater(beyond,", "np.greater_equal(beyond,", ("R08", "R09", "R29")),
    Slip("alerts.detectors.reading", "low = value < limit", "low = value <= limit", ("R01",)),
    Slip(
        "alerts.detectors.reading",
        "np.where(self._up, value >= limit, low)",
        "np.where(self._up, value > limit, low)",
        ("R06",),
    ),
    Slip("alerts.detectors.fall", "(fall >= enough)", "(fall >= enough + 1)", ("R02", "R03")),
    Slip("alerts.detectors.fall", "(value < self._below.of", "(value <= self._below.of", ("R03",)),
    Slip("alerts.detectors.forecast", "enough = lines.count >=", "enough = lines.count >", ("R04",)),
    Slip("alerts.detectors.forecast", "soon & (p <=", "soon | (p <=", ("R04",)),
    Slip("alerts.detectors.trend", ">= self._looks", "> self._looks", ("R23",)),
    Slip("alerts.detectors.trend", "found &= p <= p_at_most", "found &= p >= 0", ("R16",)),
    Slip("alerts.detectors.infusion", "left > table", "left >= table", ("R32",)),
    Slip("alerts.inputs", "(seen < self._low)", "(seen <= self._low)"),
    Slip("alerts.inputs", "np.fmin(", "np.fmax("),
    Slip("alerts.taking", "now.gap[:, None] > plan.max_gap_us", "now.gap[:, None] >= plan.max_gap_us"),
    Slip("alerts.taking", "since_change[:, None] < plan.blank_us", "since_change[:, None] <= plan.blank_us"),
    Slip("alerts.taking", "np.abs(flow - settled) >= plan.flow_step", "np.abs(flow - settled) > plan.flow_step"),
    Slip("alerts.taking", "| (pump > ran)", ""),
    Slip("alerts.taking", "time - since >= OVER_AFTER_US", "time - since >= 2 * OVER_AFTER_US"),
    Slip("alerts.taking", "gap >= ANOTHER_AFTER_US", "gap >= 2 * ANOTHER_AFTER_US"),
    Slip("alerts.taking", "np.where(codes == 0, doubted, codes)", "codes"),
    Slip("alerts.stepping", "np.where(state == delay.PENDING, delay.QUIET, state)", "state"),
    Slip("alerts.findings", "(plan.rank[rungs] < _HIGH)", "(plan.rank[rungs] <= _HIGH)", ("R13",)),
    Slip("alerts.findings", "np.where(last != rules + 1, last, first)", "last"),
    Slip("alerts.engine", "time <= self._table", "time < self._table"),
    Slip("alerts.engine", "time > received + MAX_AHEAD_US", "time >= received + MAX_AHEAD_US"),
    Slip("alerts.engine", ">= self._plan.stale.shown_after_us", "> self._plan.stale.shown_after_us"),
)


def rules_with(slip: Slip, folder: Path) -> Ruleset:
    """The shipped rules, one with a slip (of several places the first)."""
    for path in ruleset.SHIPPED.glob("*.toml"):
        text = path.read_text("utf-8")
        if path.name.startswith(f"{slip.where.lower()}_"):
            assert slip.old in text, slip
            text = text.replace(slip.old, slip.new, 1)
        (folder / path.name).write_text(text, "utf-8")
    return ruleset.load(folder)


@contextmanager
def engine_with(slip: Slip) -> Iterator[None]:
    """The engine with a slip, for as long as this lasts."""
    module = importlib.import_module(slip.where)
    text = inspect.getsource(module)
    assert text.count(slip.old) == 1, slip
    other = ModuleType(module.__name__)
    exec(compile(text.replace(slip.old, slip.new), str(module.__file__), "exec"), other.__dict__)
    theirs = dict(_functions(other))
    changed = [(f, theirs[name].__code__) for name, f in _functions(module) if f.__code__ != theirs[name].__code__]
    assert changed, slip
    before: list[tuple[FunctionType, CodeType]] = [(function, function.__code__) for function, _ in changed]
    for function, code in changed:
        function.__code__ = code
    try:
        yield
    finally:
        for function, code in before:
            function.__code__ = code


def _functions(module: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    """The functions and methods a module defines, by name."""
    for name, thing in vars(module).items():
        if getattr(thing, "__module__", None) != module.__name__:
            continue
        inside = vars(thing) if isinstance(thing, type) else {"": thing}
        yield from ((f"{name}.{key}", value) for key, value in inside.items() if isinstance(value, FunctionType))
