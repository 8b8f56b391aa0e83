"""What load is counted from: alerts as they went, and what people were asked, as the store has them."""

from __future__ import annotations

from dataclasses import dataclass

from telemetry.alarms import Priority


@dataclass(frozen=True, slots=True)
class AlertStory:
    """One episode of a condition, as far as load goes. Times: µs since 1970 UTC.

    Attributes:
        priority: the highest it had.
        over_us: None while it lasts. answered_us: when somebody first acknowledged it or accepted its notice, or None.
        called: people were asked because of it; otherwise it was for the work list, or held.
        rejected: somebody rejected its notice while it was part of it. shelved: it was set aside.
    """

    alert_id: int
    rule: str
    unit_id: int
    priority: Priority
    since_us: int
    over_us: int | None = None
    answered_us: int | None = None
    called: bool = False
    rejected: bool = False
    shelved: bool = False

    @property
    def answered_in_us(self) -> int | None:
        """From its beginning to the first answer; None without one. Clocks of homes may be ahead: never below 0."""
        return None if self.answered_us is None else max(0, self.answered_us - self.since_us)


@dataclass(frozen=True, slots=True)
class Asked:
    """One notice put to one person in one round, by however many channels.

    Attributes:
        unit_id: None of a trouble of the system.
        over_us: of the notice, None while it lasts. accepted: somebody accepted it in that round.
        folded: it went out with another's page, so it interrupted nobody by itself.
    """

    user_id: int
    at_us: int
    priority: Priority
    unit_id: int | None
    cause: str
    over_us: int | None = None
    accepted: bool = False
    folded: bool = False
