"""Backlog judged after all: recorded as late and as over, once, and by what the patient was prescribed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from ingest.late_pass import AGAIN_US, LatePass
from ingest.metrics import Metrics
from ingest.treatment_book import SUMMARY_AFTER_US
from store import late_passes, patients, pool, registry
from store.errors import StoreError
from store.patients import Prescription
from store.pool import Connection
from telemetry.messages import Event, Lane, Reading
from telemetry.signals import BY_NAME
from telemetry.treatment import Phase
from tests.ingest.building import SECOND, START_US, batch, event, reading
from tests.ingest.conftest import Rig
from tests.ingest.test_summaries import until

FLOW, VENOUS, RATE = (BY_NAME[name].number for name in ("blood_flow", "venous_pressure", "ultrafiltration_rate"))


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    with pool.connect(database_url) as connection:
        yield connection


def passes(rig: Rig) -> LatePass:
    return LatePass(rig.url, lambda: rig.worker.owned, rig.rules, rig.clock, Metrics())


def rows(first: int, last: int, venous: float = 150.0, **more: float) -> list[Reading]:
    """One row a second of a running treatment, both ends included."""
    others = {BY_NAME[name].number: value for name, value in more.items()}
    return [reading(s, values={FLOW: 300.0, VENOUS: venous + s % 2, **others}) for s in range(first, last + 1)]


def treated(rig: Rig, unit: str, live: list[Reading], backlog: list[Reading], *noted: Event) -> None:
    """What came live, the end, and then what the line had kept back."""
    end = [msgspec.structs.replace(one, phase=int(Phase.POSTTX)) for one in rows(200, 203)]
    for start in range(0, len(live), 20):
        rig.feed(batch(live[start : start + 20], unit=unit))
    rig.feed(batch(end, unit=unit))
    if backlog:
        rig.feed(batch(backlog, list(noted), unit=unit, lane=Lane.BACKFILL, sent_us=rig.clock.now_us()))
    rig.clock.advance(SUMMARY_AFTER_US / 1e6 + 1)
    rig.turn()


def alerts(rig: Rig, unit: str = "u1") -> list[tuple[Any, ...]]:
    """Rule, state, lateness, and second of each event, in order."""
    unit_id = registry.unit_by_name(rig.conn, unit).unit_id
    columns = f"rule, alert.state, alert.late, array_agg((to_us(time) - {START_US}) / {SECOND} ORDER BY event_id)"
    found = rig.conn.execute(
        f"SELECT {columns} FROM alert JOIN alert_event USING (alert_id, rule)"
        " WHERE alert.unit_id = %s GROUP BY alert_id, rule, alert.state, alert.late ORDER BY alert_id",
        [unit_id],
    )
    return found.fetchall()


HIDDEN = [*rows(41, 44), *rows(45, 66, venous=320.0), *rows(67, 89)]


def test_what_no_rule_saw_live_is_recorded_as_late_and_over_and_once(rig: Rig, conn: Connection) -> None:
    treated(rig, "u1", [*rows(0, 40), *rows(90, 199)], HIDDEN[:40])
    assert alerts(rig) == []
    work = passes(rig)
    assert work.step(conn) == 1
    # Pending from 45 s on and back from 67 s on, all of it backlog; what follows was live.
    assert alerts(rig) == [("R13", "normal", True, [60, 90])]
    assert work.step(conn) == 0

    rig.feed(batch(HIDDEN[40:], lane=Lane.BACKFILL, sent_us=rig.clock.now_us()))
    rig.clock.advance(SUMMARY_AFTER_US / 1e6 + 1)
    assert work.step(conn) == 1
    assert alerts(rig) == [("R13", "normal", True, [60, 90])]


def test_an_alert_that_was_seen_live_is_not_told_again(rig: Rig, conn: Connection) -> None:
    live = [*rows(0, 10), *rows(11, 40, venous=320.0), *rows(90, 199)]
    treated(rig, "u1", live, rows(41, 89, venous=320.0))
    before = alerts(rig)
    # The fall that the gap hides is one to the needle rule.
    assert [(rule, late) for rule, _, late, _ in before] == [("R13", False), ("R10", False)]
    assert passes(rig).step(conn) == 1
    assert alerts(rig) == before


def test_a_machine_alarm_that_came_late_is_one_alert_not_two(rig: Rig, conn: Connection) -> None:
    leak = event(1_000, name="MDC_EVT_HDIALY_BLOOD_LEAK")
    leak = msgspec.structs.replace(leak, time_us=START_US + 60 * SECOND, mono_ms=1_060_000)
    live = [*rows(0, 40), *rows(90, 150)]
    rig.feed(batch(live))
    rig.feed(batch(rows(41, 89), [leak], lane=Lane.BACKFILL, sent_us=rig.clock.now_us()))
    treated(rig, "u1", rows(151, 199), [])
    before = alerts(rig)
    assert [rule for rule, *_ in before] == ["R19"]
    passes(rig).step(conn)
    # That nobody answered it for a minute is news: the rules saw it live for less.
    assert alerts(rig)[:-1] == before
    assert alerts(rig)[-1] == ("R22", "normal", True, [121, 200])


def test_by_the_prescription_of_whom_the_treatment_was_for(rig: Rig, conn: Connection) -> None:
    rig.add_unit("u2")
    prescription = Prescription(target_weight_kg=75.0)
    ours = registry.unit_by_name(rig.conn, "u1").unit_id
    patient = patients.add_patient(rig.conn, "A", None, prescription)
    other = patients.add_patient(rig.conn, "B", None, Prescription(target_weight_kg=200.0))
    patients.bind(rig.conn, ours, patient, START_US - SECOND)
    for unit in ("u1", "u2"):
        backlog = rows(41, 110, ultrafiltration_rate=1000.0)
        treated(rig, unit, [*rows(0, 40), *rows(111, 199)], backlog)
        rig.clock.jump((START_US - rig.clock.now_us()) / 1e6 if unit == "u1" else 0.0)
    patients.bind(rig.conn, ours, other, rig.clock.now_us())
    rig.clock.advance(3600)

    assert passes(rig).step(conn) == 2
    assert [(rule, state, late) for rule, state, late, _ in alerts(rig)] == [("R07", "normal", True)]
    assert alerts(rig, "u2") == []


def test_a_treatment_without_late_rows_is_passed_over(rig: Rig, conn: Connection) -> None:
    treated(rig, "u1", rows(0, 199), [])
    work = passes(rig)
    assert work.step(conn) == 1
    assert work.step(conn) == 0
    assert alerts(rig) == []


def test_only_of_shards_that_are_ours(rig: Rig, conn: Connection) -> None:
    treated(rig, "u1", [*rows(0, 40), *rows(90, 199)], HIDDEN)
    assert LatePass(rig.url, frozenset, rig.rules, rig.clock, Metrics()).step(conn) == 0


def test_one_that_fails_does_not_keep_others_waiting(
    rig: Rig, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.add_unit("u2")
    bad = registry.unit_by_name(rig.conn, "u1").unit_id
    treated(rig, "u1", [*rows(0, 40), *rows(90, 199)], HIDDEN)
    rig.clock.jump((START_US - rig.clock.now_us()) / 1e6)
    treated(rig, "u2", [*rows(0, 40), *rows(90, 199)], HIDDEN)
    whole = late_passes.known

    def fails_for_the_first(conn: Connection, wanted: late_passes.Due) -> list[late_passes.Known]:
        if wanted.unit_id == bad:
            raise ZeroDivisionError
        return whole(conn, wanted)

    monkeypatch.setattr(late_passes, "known", fails_for_the_first)
    work = passes(rig)
    rig.clock.advance(SUMMARY_AFTER_US / 1e6 + 1)
    assert work.step(conn) == 2
    assert (alerts(rig), len(alerts(rig, "u2"))) == ([], 1)
    assert work.step(conn) == 0
    rig.clock.advance(AGAIN_US / 1e6)
    monkeypatch.undo()
    assert work.step(conn) == 1
    assert len(alerts(rig)) == 1


def test_a_database_that_is_away_is_told(rig: Rig, conn: Connection) -> None:
    conn.close()
    with pytest.raises(StoreError):
        passes(rig).step(conn)


def test_the_thread_works_until_it_is_stopped(rig: Rig) -> None:
    treated(rig, "u1", [*rows(0, 40), *rows(90, 199)], HIDDEN)
    work = passes(rig)
    work.start()
    until(lambda: bool(alerts(rig)))
    work.stop()
    assert not work._thread.is_alive()
