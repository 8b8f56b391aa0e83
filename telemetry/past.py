"""A patient's past treatments and what was arranged: all that rules between treatments may look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from telemetry.care import Arranged, Content, Limits, Measured, Measurement, Prescribed, TargetWeight
from telemetry.treatment import EndKnown

T = TypeVar("T", bound=Content)


@dataclass(frozen=True, slots=True)
class PastTreatment:
    """What is known of one treatment; None where nobody measured it, or no summary has been made yet.

    Attributes:
        revision: rises when it, or what is stored of it, changes.
        end_us, end_known: None while it goes on. summarised: whether what follows is of this revision.
        treated_min: from beginning to end less pauses in another phase; unseen_min: as much of it nobody saw.
        machine_min: the machine's own treatment clock. removed_ml: ultrafiltration volume.
        systolic_before, systolic_after: mmHg, nearest to beginning and end; None, too, if it never moved in between.
        systolic, diastolic, mean_pressure: medians of the cuff's readings, mmHg.
        flow: median blood flow, mL/min; venous, arterial: medians of the pressures while the flow was within 5 % of it.
        weight_before_kg, weight_after_kg: as the machine was told.
    """

    treatment_id: int
    revision: int
    start_us: int
    end_us: int | None = None
    end_known: EndKnown | None = None
    summarised: bool = False
    treated_min: float | None = None
    unseen_min: float | None = None
    machine_min: float | None = None
    removed_ml: float | None = None
    spktv: float | None = None
    ektv: float | None = None
    systolic_before: float | None = None
    systolic_after: float | None = None
    systolic: float | None = None
    diastolic: float | None = None
    mean_pressure: float | None = None
    flow: float | None = None
    venous: float | None = None
    arterial: float | None = None
    weight_before_kg: float | None = None
    weight_after_kg: float | None = None

    @property
    def about(self) -> str:
        """What a finding about it is kept under."""
        return f"treatment {self.treatment_id}"


@dataclass(frozen=True, slots=True)
class Served:
    """A time in which a unit served a patient, and how its box is now.

    Attributes:
        until_us: None while it does. heard_us: when the box last spoke, None if never.
        outstanding_us: time of the oldest reading that it keeps and has not delivered; None where there is none.
    """

    since_us: int
    until_us: int | None
    heard_us: int | None
    outstanding_us: int | None


@dataclass(frozen=True, slots=True)
class Past:
    """One patient at one moment.

    Attributes:
        now_us: server time.
        treatments: in order of time, newest last; one that goes on has no end.
        arranged: in the order of entry. measured: of the patient and of their home's water, in the order of entry.
        target_weight_kg: of the prescription, where no arrangement says another.
        bound_us: since when the unit serves this patient. heard_us: when its box last spoke, None if never.
    """

    now_us: int
    bound_us: int
    treatments: tuple[PastTreatment, ...] = ()
    arranged: tuple[Arranged, ...] = ()
    measured: tuple[Measurement, ...] = ()
    target_weight_kg: float | None = None
    heard_us: int | None = None

    def holding(self, kind: type[T], time_us: int) -> T | None:
        """The arrangement of this kind that holds at a time."""
        found = self.since(kind, time_us)
        return found[1] if found else None

    def since(self, kind: type[T], time_us: int) -> tuple[int, T] | None:
        """The same, with the moment from which on it holds."""
        best: tuple[int, T] | None = None
        for one in self.arranged:
            if isinstance(one.content, kind) and one.since_us <= time_us and (not best or one.since_us >= best[0]):
                best = one.since_us, one.content
        return best

    def prescribed(self, time_us: int) -> dict[str, float | None]:
        """Items of the prescription as they were arranged for a time; None where one was taken back."""
        best: dict[str, tuple[int, float | None]] = {}
        for one in self.arranged:
            content = one.content
            if isinstance(content, Prescribed) and best.get(content.item, (0,))[0] <= one.since_us <= time_us:
                best[content.item] = one.since_us, content.value
        return {item: value for item, (_, value) in best.items()}

    def own_limits(self, rule: str, time_us: int) -> dict[str, float]:
        """This patient's own limits for a rule at a time; empty where the rule's are theirs."""
        best: tuple[int, dict[str, float]] = (0, {})
        for one in self.arranged:
            content = one.content
            if isinstance(content, Limits) and content.rule == rule and best[0] <= one.since_us <= time_us:
                best = one.since_us, content.limits
        return best[1]

    def of(self, what: Measured) -> Iterator[Measurement]:
        """Measurements of a kind in order of the time they were taken; of two at one time the later entry."""
        latest = {one.taken_us: one for one in self.measured if one.what is what}
        return iter(sorted(latest.values(), key=lambda one: one.taken_us))

    def target_kg(self, time_us: int) -> float | None:
        """The weight to be reached at a time."""
        arranged = self.holding(TargetWeight, time_us)
        return arranged.kg if arranged else self.target_weight_kg
