"""A card, frames and a pager without a database, in virtual time: what the tests of `notifier.away` share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path

from alerts.delivery import DeliveryState
from notifier.away.card import VERSION, Card, CardAlert, CardChannel, CardNotice, CardUnit
from notifier.away.journal import Story
from notifier.away.pager import LOOK_S, Heard, Pager
from notifier.away.records import Key
from notifier.dispatch import Outcome
from notifier.metrics import Metrics
from notifier.page import Page, Site
from notifier.router import Causes
from telemetry.clock import ManualClock
from telemetry.messages import LiveFrame, UnsavedAlert
from telemetry.rota import BACKUP, PRIMARY, Audience, Book, Clinic, Person, Rota, Rotation

START_US = 1_750_000_000_000_000
SECOND = 1_000_000
ANNA, BORIS, CHEN, OLGA = 1, 2, 3, 4
CAUSES = Causes({"R10": "venous access", "R13": "venous access", "R19": "blood leak"})
UNACKNOWLEDGED, NORMAL = "active, unacknowledged", "normal"


def line_of_duty(number: int, clinic: int | None, audience: Audience, line: int, *people: int) -> Rota:
    turns = Rotation(1, people, 56, time(8), date(2025, 6, 2), 0)
    return Rota(number, clinic, audience, line, "UTC", (turns,))


def book() -> Book:
    """Anna first, Boris backup, Chen on the rota with them; Olga sees to the service."""
    people = {n: Person(n, "", "", "on-call", 1) for n in (ANNA, BORIS, CHEN)} | {
        OLGA: Person(OLGA, "", "", "operations")
    }
    rotas = (
        line_of_duty(1, 1, Audience.CLINICAL, PRIMARY, ANNA, CHEN),
        line_of_duty(2, 1, Audience.CLINICAL, BACKUP, BORIS),
        line_of_duty(3, None, Audience.OPERATIONS, PRIMARY, OLGA),
    )  # fmt: skip
    return Book(rotas, people, {1: Clinic(1, "North", True)})


def card(
    notifiers: Sequence[str] = ("a",),
    notices: Sequence[CardNotice] = (),
    units: Sequence[CardUnit] = (),
    **more: object,
) -> Card:
    """Each person has a screen (n00), a first (n01) and a second channel (n02), each at a receiver of its own."""
    channels = [
        CardChannel(n * 100 + tier, n, "apprise" if tier else "screen", f"json://{n}.{tier}/" if tier else "",
                    f"{n}.{tier}" if tier else "", max(tier, 1), "en")
        for n in (ANNA, BORIS, CHEN, OLGA) for tier in (0, 1, 2)
    ]  # fmt: skip
    homes = list(units) or [unit(1), unit(2)]
    return Card(VERSION, START_US, list(notifiers), homes, channels, [], list(notices), book())


def replace_card(before: Card, **changes: object) -> Card:
    fields = {name: getattr(before, name) for name in before.__struct_fields__}
    return Card(**{**fields, **changes})


def unit(number: int, **more: object) -> CardUnit:
    fields = {"in_treatment": True, "out_of_service": "", "out_until_us": None, "is_test": False} | more
    return CardUnit(number, f"u{number}", 1, **fields)  # type: ignore[arg-type]


def notice(
    state: str, *, done: Sequence[str] = (), used: Sequence[object] = (), number: int = 1, **more: object
) -> CardNotice:
    """Of R10 at u1, high, its first round begun at the start."""
    fields: dict[str, object] = {
        "notice_id": 7, "unit_id": 1, "cause": "venous access", "state": state, "priority": "high", "round": 1,
        "accepted_by": None, "accepted_until_us": None, "began_us": START_US, "done": list(done), "used": list(used),
        "alerts": [CardAlert(70, "R10", "high", UNACKNOWLEDGED, False, False)],
    }  # fmt: skip
    return CardNotice(**(fields | more))  # type: ignore[arg-type]


def alert(
    rule: str = "R10", unit: str = "u1", priority: str = "high", state: str = UNACKNOWLEDGED, *, again: bool = False
) -> UnsavedAlert:
    return UnsavedAlert(unit, rule, "1", priority, state, START_US, START_US, "found", {}, {}, again)


@dataclass
class Air:
    """The broker between notifiers: what one says the others hear."""

    lines: list[AirLine] = field(default_factory=list)
    works: bool = True

    def frame(
        self, *alerts: UnsavedAlert, since_us: int = START_US, shard: int = 0, left_out: int = 0, at_us: int = START_US
    ) -> None:
        for line in self.lines:
            line.heard.frames.append((shard, LiveFrame(1, at_us, [], [], since_us, list(alerts), left_out)))


@dataclass
class AirLine:
    air: Air
    heard: Heard = field(default_factory=Heard)
    connected: bool = True

    def take(self) -> Heard:
        taken, self.heard = self.heard, Heard()
        return taken

    def say(self, payload: bytes) -> None:
        if self.air.works:
            for line in self.air.lines:
                line.heard.said.append(payload)


@dataclass
class Notifier:
    """A pager whose pages are taken at once, unless a host is in `away` (not yet) or `gone` (for good)."""

    name: str
    folder: Path
    clock: ManualClock
    air: Air
    card: Card | None = field(default_factory=card)
    silent_s: float = 0.0
    away: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    pages: list[tuple[float, str, Page]] = field(default_factory=list)
    metrics: Metrics = field(default_factory=Metrics)

    def __post_init__(self) -> None:
        self.line = AirLine(self.air)
        self.air.lines.append(self.line)
        self.pager = self._pager()

    def _pager(self) -> Pager:
        return Pager(
            self.name, self.folder, self.line, Site("https://hd.example.org"), self.clock, self.metrics, CAUSES.of,
            lambda: self.card, lambda: self.silent_s,
        )  # fmt: skip

    def look(self) -> None:
        self.pager.look()
        for job in self.pager.outbox.claim(100, frozenset(), high_only=False):
            if job.host in self.gone:
                self.pager.outbox.report(job, Outcome(DeliveryState.FAILED, "gone"))
            elif job.host in self.away:
                self.pager.outbox.report(job, Outcome(None, "not now", 5.0))
            else:
                self.pages.append(((self.clock.now_us() - START_US) / SECOND, job.host, job.page))
                self.pager.outbox.report(job, Outcome(DeliveryState.SENT, "taken"))

    def stories(self) -> dict[Key, Story]:
        """What the database does not know yet."""
        return {key: story for key in self.pager.unreported() if (story := self.pager.story(key)) is not None}

    def killed_and_started(self, name: str | None = None) -> None:
        """What is in memory is gone; the journal's lock falls with the process."""
        self.pager.close()
        self.name = name or self.name
        self.line.heard = Heard()
        self.pager = self._pager()

    @property
    def sent(self) -> list[tuple[float, str]]:
        return [(at, host) for at, host, _ in self.pages]


def live(seconds: float, *notifiers: Notifier, every_s: float = LOOK_S) -> None:
    """Time passes; database silence grows for those that have it."""
    for _ in range(round(seconds / every_s)):
        notifiers[0].clock.advance(every_s)
        for one in notifiers:
            if one.silent_s:
                one.silent_s += every_s
            one.look()
