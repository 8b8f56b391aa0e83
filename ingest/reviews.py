"""Rules between treatments, on a thread and a connection of their own: ingest never waits for one.

Whose turn it is is noted in the transaction that stores what is new (a summary, a weight, a schedule); for what time
alone brings about (a treatment that does not begin) the last review has said when. A review and what it records are one
transaction: killed in the middle it has not been, and begins anew. Several ingests share the work as they share the
shards.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import chain
from typing import Final

from alerts.between.review import Finding, Recorded, Review, review
from alerts.between.ruleset import Rule
from evaluation import alerting
from ingest import conclusions
from ingest.metrics import Metrics
from ingest.side_thread import SideThread
from store import alert_log, comparisons, pasts, reviews
from store.alert_log import AlertEventRow, AlertState
from store.errors import StoreError, Trouble
from store.pool import Connection, transaction
from store.reviews import DueReview, FindingRow
from telemetry.clock import Clock

log = logging.getLogger(__name__)

# One that fails by itself is tried again much later: it will most likely fail again.
AGAIN_US: Final = 3_600_000_000
# What may be wrong with one patient's data, and not with the database.
_ITS_OWN: Final = frozenset({Trouble.REFUSED, Trouble.CONFLICT, Trouble.OTHER, Trouble.BUSY})


class Reviewer(SideThread):
    """Reviews the patients of units of `owned()` shards."""

    name = "reviews"
    waits = "no reviews for now"
    look_s = 5.0

    def __init__(
        self,
        database_url: str,
        rules: tuple[Rule, ...],
        owned: Callable[[], frozenset[int]],
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        super().__init__(database_url)
        self._rules = rules
        self._versions = [rule.version for rule in rules]
        self._latching = {rule.id for rule in rules if rule.spec.latch}
        self._owned = owned
        self._clock = clock
        self._metrics = metrics

    def begin(self, conn: Connection) -> None:
        """What comes first on a new connection."""
        reviews.review_all(conn, self._versions, self._clock.now_us())

    def step(self, conn: Connection) -> int:
        """Review some of those that are due; how many were tried. StoreError when the database is not well."""
        found = reviews.due(conn, self._owned(), self._clock.now_us())
        for wanted in found:
            if self._stop.is_set():
                break
            self._one(conn, wanted)
        return len(found)

    def _one(self, conn: Connection, wanted: DueReview) -> None:
        now_us = self._clock.now_us()
        fields: dict[str, object] = {"patient_id": wanted.patient_id, "unit": wanted.unit}
        try:
            with transaction(conn, "review a patient"):
                events = self._review(conn, wanted, now_us)
        except StoreError as error:
            if error.trouble not in _ITS_OWN:
                raise
            log.error("review failed", extra={"fields": {**fields, "error": error.line()}})
        except Exception:
            log.exception("review failed", extra={"fields": fields})
        else:
            self._metrics.reviews.labels("done").inc()
            for event in events:
                about = {"alert": event.alert_id, "rule": event.rule, "unit": wanted.unit}
                log.info(
                    "alert", extra={"fields": {**about, "state": str(event.state), "priority": str(event.priority)}}
                )
            return
        self._metrics.reviews.labels("failed").inc()
        reviews.put_off(conn, wanted.patient_id, now_us, now_us + AGAIN_US)

    def _review(self, conn: Connection, wanted: DueReview, now_us: int) -> list[AlertEventRow]:
        marks = reviews.begin(conn, wanted.patient_id)
        standing = reviews.open_alerts(conn, wanted.patient_id)
        gone = [alert for alert in standing if not wanted.served or alert.unit_id != wanted.unit_id]
        events = conclusions.leave(gone, now_us)
        found = Review((), None)
        if wanted.served:
            comparisons.catch_up(conn, wanted.patient_id)
            found = self._ask(conn, wanted, {alert.rule for alert in gone}, now_us)
            events += self._conclude(conn, wanted, found.findings, standing, now_us)
        alert_log.append(conn, events, now_us)
        reviews.name_patient(conn, wanted.patient_id, (event.alert_id for event in events))
        reviews.save(conn, wanted.patient_id, [_row(one) for one in found.findings], now_us)
        reviews.finish(conn, wanted.patient_id, marks, now_us, found.next_us)
        return events

    def _ask(self, conn: Connection, wanted: DueReview, anew: set[str], now_us: int) -> Review:
        """What the rules find; those in `anew` as if they had never looked: what stood elsewhere is raised here."""
        past = pasts.load(conn, wanted.patient_id, wanted.unit_id, wanted.bound_us, now_us)
        known = {
            (one.rule, one.rule_version, one.about): Recorded(
                one.basis, one.state, one.priority, one.time_us, one.number
            )
            for one in reviews.known(conn, wanted.patient_id, self._versions)
            if one.rule not in anew
        }
        return review(self._rules, past, known)

    def _conclude(
        self,
        conn: Connection,
        wanted: DueReview,
        findings: tuple[Finding, ...],
        standing: list[AlertState],
        now_us: int,
    ) -> list[AlertEventRow]:
        before = {
            (alert.unit_id, alert.rule): stands
            for alert in standing
            if alert.unit_id == wanted.unit_id and (stands := alerting.standing(alert, self._latches(alert.rule)))
        }
        # A new number for each finding at most: an alert opens with an active one.
        ids = chain.from_iterable(alert_log.reserve_ids(conn, 1) for _ in findings)
        unit = (wanted.unit_id, wanted.unit)
        return conclusions.conclude(findings, unit, before, self._latches, ids, now_us)

    def _latches(self, rule: str) -> bool:
        return rule in self._latching


def _row(finding: Finding) -> FindingRow:
    kept = {field: getattr(finding, field) for field in FindingRow.__slots__}
    return FindingRow(**kept)
