"""The words of a rule file that every detector shares; each detector adds its own (see `docs/rules.md`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from alerts.rationalisation import Rationalisation
from alerts.records import Context
from telemetry import signals
from telemetry.alarms import Priority
from telemetry.treatment import Phase
from telemetry.units import PRINTED

# Worked out from several signals before any rule looks: 1 running, 0 stopped, NaN not known.
PUMP_RUNNING: Final = "pump_running"

# Context a rule may ask for -> what is said when it is not there.
CONTEXT_WORDS: Final[dict[str, str]] = {
    "target_weight_kg": "no target weight",
    "pre_systolic_mmhg": "no systolic pressure from before the treatment",
    "prescribed_conductivity_ms_cm": "no prescribed conductivity",
    "transmembrane_limit_mmhg": "no limit of the dialyser",
    "prescribed_spktv": "no prescribed Kt/V",
    "prescribed_heparin_ml_h": "no prescribed heparin rate",
    "heparin_stop_min": "no planned stop of the heparin",
}
CONTEXT_KEYS: Final = tuple(CONTEXT_WORDS)
# Outside these a context value is a mistake of unit or of typing: those of the signals it is compared with.
CONTEXT_RANGES: Final[dict[str, tuple[float, float]]] = {
    "target_weight_kg": (10.0, 300.0),
    "pre_systolic_mmhg": (30.0, 300.0),
    "prescribed_conductivity_ms_cm": (10.0, 18.0),
    "transmembrane_limit_mmhg": (1.0, 700.0),
    "prescribed_spktv": (0.1, 4.0),
    "prescribed_heparin_ml_h": (0.0, 10.0),  # 0: none is prescribed
    "heparin_stop_min": (0.0, 600.0),
}
# What a sentence calls it, and its unit.
CONTEXT_LABELS: Final[dict[str, tuple[str, str]]] = {
    "target_weight_kg": ("target weight", "kg"),
    "pre_systolic_mmhg": ("systolic pressure before the treatment", "mmHg"),
    "prescribed_conductivity_ms_cm": ("prescription", "mS/cm"),
    "transmembrane_limit_mmhg": ("dialyser's limit", "mmHg"),
    "prescribed_spktv": ("prescription", ""),
    "prescribed_heparin_ml_h": ("prescribed heparin", "mL/h"),
    "heparin_stop_min": ("planned stop of the heparin", "min before the end"),
}


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every rule file says.

    Attributes:
        cause: cause group; a high finding keeps medium and low ones of the same group from rising.
        phases: machine phases in which the rule is evaluated; a known phase outside them ends it.
        latch: whether people must have seen it before it goes (never for low priority).
        max_gap_s: readings further apart than this are a gap: pending starts again, nothing fires across it.
        blank_s: seconds without evaluation after a blood-flow change or a pump restart; 0 = none.
        blank_flow_step_ml_min: what counts as a blood-flow change; the same in all rules.
        inhibits: rules that are not evaluated while this one is active.
        inhibits_as: why they are not, in words of its own, where "inhibited by" does not say it.
        inhibits_softly: they go on looking, and what they find is told; only their finding nothing is shown as not
            evaluated.
        action: what the person who is told is asked to do.
        source, mark: where the numbers come from and how sure that is (C, N, M, D of the specification).
        rationalisation: why it is an alert at all, and within which time somebody has to act.
    """

    id: str
    version: str
    title: str
    detector: str
    cause: str
    source: str
    mark: str
    action: str
    rationalisation: Rationalisation
    phases: list[str] = msgspec.field(default_factory=lambda: ["TX"])
    latch: bool = False
    max_gap_s: float = 30.0
    blank_s: float = 0.0
    blank_flow_step_ml_min: float = 50.0
    inhibits: list[str] = []
    inhibits_as: str = ""
    inhibits_softly: bool = False


class Delays(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every level of a rule says.

    Attributes:
        on_delay_s: active once the condition has held this long, in sample time.
        longer_than_s: as on_delay_s, but only after more than this.
        off_delay_s: cleared once the value has been back by `deadband` for this long.
        deadband: how far back from the limit the value has to come, in the limit's unit.
    """

    priority: Priority
    on_delay_s: float | None = None
    longer_than_s: float | None = None
    off_delay_s: float = 0.0
    deadband: float = 0.0


@dataclass(frozen=True, slots=True)
class Rung:
    """One level of one rule as a column of the engine: what it takes to come and to go.

    Attributes:
        limit: as a person reads it, NaN where the level has none of its own.
        beyond: how the value breaches it: "above", "at or above", "below", "at or below", "outside" (either side of
            nought), or "" without a limit.
        on_us, off_us: delays in microseconds.
        limit_from: context value that replaces the limit where it is known.
        subject: the signal this rung is about, where a rule watches several.
        split: the limits it is one of, where it depends on a baseline.
        more: further numbers of the level, by their key in the file.
    """

    priority: Priority
    limit: float
    beyond: str
    on_us: int
    off_us: int
    deadband: float = 0.0
    limit_from: str = ""
    subject: str = ""
    split: tuple[float, ...] = ()
    more: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, checked and ready for the engine.

    Attributes:
        version: the file's semantic version + the first 8 hex digits of its content's SHA-256.
        inputs: signals without which it is not evaluated.
        watches: further signals it looks at (a sensor rule's).
        context: keys of `Context` without which it is not evaluated.
        spec: the file itself.
    """

    spec: Head
    version: str
    inputs: tuple[str, ...]
    watches: tuple[str, ...]
    context: tuple[str, ...]
    rungs: tuple[Rung, ...]

    @property
    def id(self) -> str:
        """Short name, "R13"."""
        return self.spec.id

    @property
    def title(self) -> str:
        """What it is called on a screen."""
        return self.spec.title

    @property
    def latch(self) -> bool:
        """Whether its conditions stay until a person has seen them."""
        return self.spec.latch

    @property
    def phases(self) -> frozenset[Phase]:
        """Phases in which it is evaluated."""
        return frozenset(Phase[name] for name in self.spec.phases)

    def own_name(self, number: int, key: str = "") -> str:
        """Under which name a patient's own limit of a rung stands in `Context.limits`, or that of a key of its level.

        Rule and priority, the signal where rungs share one, the key: "R13 high", "R16 medium_venous_pressure".
        """
        mine = self.rungs[number]
        shared = sum(one.priority is mine.priority for one in self.rungs) > 1
        words = (str(mine.priority), mine.subject if shared else "", key)
        return f"{self.id} {'_'.join(word for word in words if word)}"


def rung(delays: Delays, limit: float, beyond: str) -> Rung:
    """A rung from a level's delays; "longer than" is one microsecond more than "at least"."""
    on_us = round((delays.on_delay_s or 0.0) * 1e6)
    if delays.longer_than_s is not None:
        on_us = round(delays.longer_than_s * 1e6) + 1
    return Rung(delays.priority, limit, beyond, on_us, round(delays.off_delay_s * 1e6), delays.deadband)


def context_value(context: Context, key: str) -> float | None:
    """One context value, None where it is missing or cannot be: grams must not make a rate look harmless."""
    value: float | None = getattr(context, key)
    lowest, highest = CONTEXT_RANGES[key]
    if value is None or not lowest <= value <= highest:
        return None
    return float(value)


def label(signal: str) -> str:
    """A signal's name for a sentence."""
    return "Blood pump" if signal == PUMP_RUNNING else signals.BY_NAME[signal].label


def unit(signal: str) -> str:
    """A signal's unit as printed."""
    return "" if signal == PUMP_RUNNING else PRINTED[signals.BY_NAME[signal].ucum]


def number(value: float) -> str:
    """A number as a person writes it: at most four digits that matter, no trailing zeros."""
    decimals = 1 if abs(value) >= 100.0 else 2 if abs(value) >= 10.0 else 3
    text = f"{value:.{decimals}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text.replace("-", "−")


def quantity(value: float, unit_text: str) -> str:
    """A number with its unit."""
    return f"{number(value)} {unit_text}".rstrip()
