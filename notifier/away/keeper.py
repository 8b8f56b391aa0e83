"""Keeps the card as the database has it, on a thread and a connection of its own."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import msgspec

from alerts.delivery import DeliveryState, has_reached_a_device
from alerts.escalation import StepKind
from notifier.away import card as cards
from notifier.away.card import (
    VERSION,
    Card,
    CardAlert,
    CardChannel,
    CardNotice,
    CardShelf,
    CardUnit,
    CardUsed,
)  # fmt: skip
from notifier.metrics import Metrics
from store import away, notices, pool, rota
from store.away import OpenNotice, UsedWay
from store.errors import StoreError
from store.notices import AlertToJudge
from store.pool import Connection, answered_within
from telemetry.clock import Clock
from telemetry.errors import HomehdError
from telemetry.rota import Book, Person

log = logging.getLogger(__name__)

LOOK_S: Final = 5.0
WRITE_S: Final = 60.0  # also where nothing has changed: its age says that it is kept
ANSWER_S: Final = 10.0
SCREEN: Final = "screen"


class Keeper:
    """Attributes: card: as last read from the database, or from the file; None where there never was one."""

    def __init__(self, database_url: str, path: Path, clock: Clock, metrics: Metrics) -> None:
        self._url = database_url
        self._path = path
        self._clock = clock
        self._metrics = metrics
        self._written_s = float("-inf")
        self.card: Card | None = None
        try:
            self.card = cards.read(path)
        except HomehdError as error:
            log.error("there is no card for when the database is away", extra={"fields": {"error": error.line()}})

    def age_s(self) -> float:
        """Seconds since the card was as the database has it; infinite where there is none."""
        return (self._clock.now_us() - self.card.written_us) / 1e6 if self.card else float("inf")

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; a database that is away is waited for."""
        while not stop.is_set():
            try:
                with pool.connect(self._url, name="homehd notifier card") as conn:
                    while not stop.is_set():
                        self.keep(conn)
                        stop.wait(LOOK_S)
            except StoreError as error:
                log.debug("the card is not kept", extra={"fields": {"error": error.line()}})
            except Exception:
                log.exception("the card is not kept")
            stop.wait(LOOK_S)

    def keep(self, conn: Connection) -> None:
        """Look, and write what has changed. StoreError; what cannot be written is logged, counted and tried again."""
        with answered_within(conn, ANSWER_S, "read what the card says"):
            fresh = build(conn, self._clock.now_us())
        now_s = self._clock.monotonic_s()
        same = self.card is not None and msgspec.structs.replace(self.card, written_us=fresh.written_us) == fresh
        self.card = fresh
        if same and now_s - self._written_s < WRITE_S:
            return
        try:
            cards.write(self._path, fresh)
            self._written_s = now_s
            self._metrics.card_writes.labels("written").inc()
        except HomehdError as error:
            self._metrics.card_writes.labels("failed").inc()
            log.error("the card is not written", extra={"fields": {"error": error.line()}})


def build(conn: Connection, now_us: int) -> Card:
    """What has to be known, as the database has it now."""
    found = away.open_notices(conn)
    numbers = [one.notice_id for one in found]
    used = away.used(conn, numbers)
    alerts: defaultdict[int | None, list[AlertToJudge]] = defaultdict(list)
    for alert in notices.alerts_to_judge(conn, [], numbers):
        alerts[alert.notice_id].append(alert)
    channels = [CardChannel(**asdict(one)) for one in away.ways(conn)]
    screens = {one.channel_id for one in channels if one.kind == SCREEN}
    return Card(
        VERSION,
        now_us,
        notifiers=away.notifiers(conn),
        units=[_unit(one) for one in away.homes(conn)],
        channels=channels,
        shelves=[CardShelf(**asdict(one)) for one in away.shelves(conn)],
        notices=[_notice(one, used.get(one.notice_id, []), alerts[one.notice_id], screens) for one in found],
        book=_nameless(rota.load(conn, now_us)),
    )


def _unit(one: away.NamedHome) -> CardUnit:
    home = one.home
    return CardUnit(
        home.unit_id, one.name, home.clinic_id, home.in_treatment, home.out_of_service, home.out_until_us, home.is_test
    )


def _notice(one: OpenNotice, used: Sequence[UsedWay], alerts: Sequence[AlertToJudge], screens: set[int]) -> CardNotice:
    # What was queued and not sent will not be: nobody sends it while the database is away.
    out = [way for way in used if way.state != DeliveryState.QUEUED or way.channel_id in screens]
    told = any(way.channel_id not in screens for way in out)
    done = one.done if told else [kind for kind in one.done if kind != StepKind.FIRST]
    return CardNotice(
        one.notice_id, one.unit_id, one.cause, one.state, one.priority, one.round, one.accepted_by,
        one.accepted_until_us, one.began_us, done,
        [
            CardUsed(way.channel_id, way.user_id, has_reached_a_device(DeliveryState(way.state)), way.rejected)
            for way in out
        ],
        [
            CardAlert(
                alert.alert_id, alert.rule, alert.priority, alert.state, alert.late, alert.seen_before, alert.again
            )
            for alert in alerts
        ],
    )  # fmt: skip


def _nameless(book: Book) -> Book:
    people = {
        number: Person(number, "", "", one.role, one.clinic_id, one.disabled) for number, one in book.people.items()
    }
    return Book(book.rotas, people, book.clinics)
