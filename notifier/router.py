"""From alert events to notices: what happened to alerts is taken off a list and decided about, in one transaction.

Whatever is killed when, each event is decided about once. Two notifiers never decide about one home at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from alerts import routing, shelving, silence
from alerts.routing import AlertFacts, Home, Judgement
from alerts.shelving import Shelf, ShelfKind
from evaluation.notice_changes import standing, word
from notifier.moving import Writes
from notifier.silences import box_of, end_of
from store import accounts, notices, selftests, shelvings, silences
from store.notices import AlertToJudge, HomeRow, Judged, Key, NewNotice, NoticeRow
from store.pool import Connection, pipelined
from store.shelvings import ENDED, Shelving
from store.silences import SilenceRow
from telemetry.alarms import ConditionState, Priority

CLINICAL = "clinical"

# A notice that was locked or opened, as it is once what was sent about it without the database is on record.
Hook = Callable[[Connection, NoticeRow, int], NoticeRow]


@dataclass(frozen=True, slots=True)
class Causes:
    """Cause group of every rule we know; an alert of another (a rule that is gone) is a group of its own."""

    by_rule: Mapping[str, str]

    def of(self, rule: str) -> str:
        """The cause group of a rule's alerts."""
        return self.by_rule.get(rule, rule)

    def rules_of(self, cause: str) -> list[str]:
        """The rules of a cause group."""
        return [rule for rule, group in self.by_rule.items() if group == cause]


def route(conn: Connection, causes: Causes, now_us: int, own_fault: str = "", hook: Hook | None = None) -> int:
    """Decide about what is due; how many alerts and notices that was. StoreError: nothing has changed, all is due.

    `own_fault`: what keeps our own servers from hearing the homes, in a person's words; empty when they do. `hook` is
    called with every notice before it is decided about.
    """
    with pipelined(conn, "decide whom to tell"):
        due = notices.take_due(conn)
        again = notices.due_rechecks(conn, now_us)
        if not due and not again:
            return 0
        homes_of = notices.homes_of(conn, due)
        units = sorted({unit for _, unit, _, _ in homes_of} | {unit for _, unit in again})
        notices.lock_homes(conn, units)
        wanted = {(unit, patient, causes.of(rule)) for _, unit, patient, rule in homes_of}
        rows = {_key(row): row for row in notices.lock_open(conn, units)}
        asked_again = {notice for notice, _ in again}
        wanted |= {key for key, row in rows.items() if row.notice_id in asked_again}
        _decide_all(conn, causes, wanted, rows, due, now_us, own_fault, hook)
        return len(due) + len(again)


def _decide_all(
    conn: Connection, causes: Causes, wanted: set[Key], rows: Mapping[Key, NoticeRow], due: list[int], now_us: int,
    own_fault: str, hook: Hook | None,
) -> None:  # fmt: skip
    open_ids = [rows[key].notice_id for key in wanted if key in rows]
    alerts: defaultdict[Key, list[AlertToJudge]] = defaultdict(list)
    for alert in notices.alerts_to_judge(conn, due, open_ids):
        alerts[alert.unit_id, alert.patient_id, causes.of(alert.rule)].append(alert)
    homes = notices.homes(conn, sorted({unit for unit, _, _ in wanted}), now_us)
    silent = silences.of_units(conn, sorted({unit for unit, _, cause in wanted if cause == routing.SILENCE}))
    rows = {**rows, **_open(conn, {key for key in wanted if key not in rows}, alerts, homes, now_us)}
    if hook is not None:
        rows = {key: hook(conn, row, now_us) if key in wanted else row for key, row in rows.items()}
    closed = accounts.closed(conn, [rows[key].accepted_by for key in wanted & rows.keys()])
    writes = Writes()
    # The most important first: their pages are the first to go.
    for key in sorted(wanted & rows.keys(), key=lambda key: (-_rank(alerts[key]), key)):
        known = _known(homes[key[0]], silent.get(key[0]) if key[2] == routing.SILENCE else None, now_us, own_fault)
        _decide(conn, writes, rows[key], alerts[key], known, now_us, closed=rows[key].accepted_by in closed)
    writes.flush(conn, now_us)
    for key, row in rows.items():
        if key in wanted and homes[key[0]].is_test:
            selftests.hand_out(conn, row.notice_id, now_us)


def _open(
    conn: Connection, keys: set[Key], alerts: Mapping[Key, list[AlertToJudge]], homes: Mapping[int, HomeRow],
    now_us: int,
) -> dict[Key, NoticeRow]:  # fmt: skip
    """Notices for what nothing was decided about yet; an alert that was over long since has had its word."""
    new = []
    for key in sorted(keys, key=lambda key: (-_rank(alerts[key]), key)):
        fresh = [alert for alert in alerts[key] if alert.notice_id is None]
        if fresh:
            unit, patient, cause = key
            top = max((Priority(alert.priority) for alert in fresh), key=lambda priority: priority.rank)
            new.append(NewNotice(unit, patient or None, homes[unit].clinic_id, CLINICAL, cause, "", top))
    return {_key(row): row for row in notices.open_all(conn, new, now_us)}


def _decide(
    conn: Connection, writes: Writes, row: NoticeRow, alerts: list[AlertToJudge], known: Home, now_us: int, *,
    closed: bool,
) -> None:  # fmt: skip
    judged = [
        (alert, facts, routing.judge(facts, known, now_us)) for alert in alerts for facts in [_facts(alert, row.cause)]
    ]
    # An alert that was over in an earlier notice stays with that one.
    judged = [one for one in judged if one[0].notice_id in (None, row.notice_id)]
    for alert, facts, said in judged:
        _record(writes, row, alert, said, now_us)
        _end_shelf(conn, alert, facts, now_us)
    decision = routing.decide(standing(row), [(facts, said) for _, facts, said in judged], now_us, closed=closed)
    if decision.move is not None:
        row = writes.move(row, decision.move, now_us, decision.reason, priority=decision.priority)
    writes.again_us[row.notice_id] = row.accepted_until_us if decision.again_us is None else decision.again_us


def _known(home: HomeRow, silent: SilenceRow | None, now_us: int, own_fault: str) -> Home:
    known = Home(home.in_treatment, home.out_of_service, home.out_until_us, own_fault, home.is_test)
    if silent is None:
        return known
    words = silence.known(box_of(silent), now_us).words
    return replace(known, silence=words, ended=end_of(silent))


def _record(writes: Writes, row: NoticeRow, alert: AlertToJudge, said: Judgement, now_us: int) -> None:
    if alert.said == (said.verdict, said.stage, said.reason) and alert.notice_id == row.notice_id:
        return
    writes.judged.append(Judged(alert.alert_id, row.notice_id, said.verdict, said.stage, said.reason))
    writes.events.append(word(row, now_us, said.reason, alert_id=alert.alert_id, stage=said.stage))


def _end_shelf(conn: Connection, alert: AlertToJudge, facts: AlertFacts, now_us: int) -> None:
    shelf = facts.shelf
    if shelf is None:
        return
    why = shelving.ended(shelf, facts.priority, facts.alert_id, now_us, again=facts.again)
    if facts.state is ConditionState.NORMAL and shelf.kind is ShelfKind.ONE_SHOT:
        why = why or "it is over"
    if why is not None:
        row = Shelving(ENDED, shelf.priority, shelf.alert_id, shelf.until_us, None, why)
        shelvings.end(conn, alert.unit_id, alert.rule, row, now_us)


def _facts(alert: AlertToJudge, cause: str) -> AlertFacts:
    shelf = None
    if alert.shelf is not None:
        kind, priority, of, until_us = alert.shelf
        shelf = Shelf(ShelfKind(kind), Priority(priority), of, until_us)
    return AlertFacts(
        alert.alert_id, alert.rule, cause, Priority(alert.priority), ConditionState(alert.state), alert.late,
        alert.between, shelf, alert.seen_before, alert.again, alert.since_us,
    )  # fmt: skip


def _rank(alerts: list[AlertToJudge]) -> int:
    return max((Priority(alert.priority).rank for alert in alerts), default=0)


def _key(row: NoticeRow) -> Key:
    assert row.unit_id is not None
    return row.unit_id, row.patient_id or 0, row.cause
