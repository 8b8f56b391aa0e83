"""Whom a unit served, and what follows of it for alerts and notices: owners that triggers keep."""

from __future__ import annotations

import pytest

from store import alert_log, patients, pool, registry, tenures, treatments
from store.alert_log import AlertEventRow
from store.pool import Connection
from store.tenures import Past, Tenure
from store.treatments import Treatment
from telemetry.alarms import ConditionState, Priority
from telemetry.treatment import EndKnown
from tests.store.conftest import NOW_US

MINUTE_US = 60_000_000
ANN, BOB = 1, 2


@pytest.fixture
def home(conn: Connection) -> Connection:
    """Unit 1 served Ann for ten minutes from NOW_US, nobody for ten, and serves Bob."""
    unit = registry.add_unit(conn, "Home", "North", NOW_US, name="u-1")
    for name in ("Ann", "Bob"):
        patients.add_patient(conn, name, unit.clinic_id, patients.Prescription())
    patients.bind(conn, unit.unit_id, ANN, NOW_US)
    patients.unbind(conn, unit.unit_id, NOW_US + 10 * MINUTE_US)
    patients.bind(conn, unit.unit_id, BOB, NOW_US + 20 * MINUTE_US)
    return conn


def step(
    conn: Connection, minute: int, state: ConditionState = ConditionState.ACTIVE_UNACKNOWLEDGED, alert_id: int = 1
) -> None:
    row = AlertEventRow(alert_id, 1, "R07", "1", Priority.HIGH, state, NOW_US + minute * MINUTE_US, "fell", {}, {})
    alert_log.append(conn, [row], NOW_US + minute * MINUTE_US)


def owner(conn: Connection, table: str = "alert") -> int | None:
    ((found,),) = conn.execute(f"SELECT owner_id FROM {table}").fetchall()
    assert found is None or isinstance(found, int)
    return found


async def past(database_url: str) -> Past:
    conn = await pool.aconnect(database_url)
    async with conn:
        assert await tenures.of_unit(conn, "u-9") is None
        found = await tenures.of_unit(conn, "u-1")
    assert found is not None
    return found


async def test_tenures_are_bindings_in_order(home: Connection, database_url: str) -> None:
    assert await past(database_url) == Past(
        1,
        (
            Tenure(ANN, 1, NOW_US, NOW_US + 10 * MINUTE_US, stands=False),
            Tenure(BOB, 1, NOW_US + 20 * MINUTE_US, None, stands=True),
        ),
    )


@pytest.mark.parametrize(("ended", "until"), [(15, 15), (30, 20), (None, 20), (9, 10)])
async def test_a_treatment_that_ran_is_its_patients_to_its_end_unless_somebody_came(
    home: Connection, database_url: str, ended: int | None, until: int
) -> None:
    ends = None if ended is None else NOW_US + ended * MINUTE_US
    known = None if ended is None else EndKnown.MACHINE
    treatments.add(home, [(1, Treatment(NOW_US + 5 * MINUTE_US, ends, known))], NOW_US, NOW_US)
    assert (await past(database_url)).tenures[0].until_us == NOW_US + until * MINUTE_US


async def test_one_that_goes_on_has_no_end_yet(home: Connection, database_url: str) -> None:
    home.execute("DELETE FROM binding WHERE patient_id = 2")
    treatments.add(home, [(1, Treatment(NOW_US + 5 * MINUTE_US))], NOW_US, NOW_US)
    assert (await past(database_url)).tenures == (Tenure(ANN, 1, NOW_US, None, stands=False),)


@pytest.mark.parametrize(("minute", "whose"), [(-1, None), (0, ANN), (9, ANN), (10, None), (20, BOB)])
def test_an_alert_is_of_whom_the_unit_served_when_it_was_found(
    home: Connection, minute: int, whose: int | None
) -> None:
    step(home, minute)
    assert owner(home) == whose


def test_what_is_found_anew_is_of_whom_the_unit_serves_then(home: Connection) -> None:
    step(home, 5)
    step(home, 15, ConditionState.LATCHED_CLEAR)
    assert owner(home) == ANN
    step(home, 16)
    assert owner(home) == ANN, "while nobody is served it stays whose it was"
    step(home, 25, ConditionState.LATCHED_CLEAR)
    assert owner(home) == ANN, "that it cleared is no finding"
    step(home, 26)
    assert owner(home) == BOB


def test_the_patient_an_alert_keeps_goes_first(home: Connection) -> None:
    step(home, 25)
    home.execute("UPDATE alert SET patient_id = %s", [ANN])
    assert owner(home) == ANN
    step(home, 26)
    assert owner(home) == ANN


def test_a_notice_is_of_whom_its_newest_standing_alert_is(home: Connection) -> None:
    step(home, 5)
    home.execute(
        """INSERT INTO notice (unit_id, audience, cause, subject, opened_at, priority)
           VALUES (1, 'clinical', 'x', '', from_us(%s), 'high')""",
        [NOW_US + 5 * MINUTE_US],
    )
    assert owner(home, "notice") == ANN
    judge = """INSERT INTO notice_alert VALUES (%s, 1, 'tell', 'x', 'x', now())
        ON CONFLICT (alert_id) DO UPDATE SET judged_at = now()"""
    home.execute(judge, [1])
    step(home, 25, alert_id=2)
    home.execute(judge, [2])
    assert owner(home, "notice") == BOB
    step(home, 26, ConditionState.NORMAL, alert_id=2)
    home.execute(judge, [2])
    assert owner(home, "notice") == ANN, "what stands goes before what is over"
