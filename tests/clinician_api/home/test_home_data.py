"""What is done of what people at home say, against a real store."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from clinician_api.home.home_data import ENDED_AT_HOME, By, HomeData
from clinician_api.web.errors import ApiError
from store import accounts, alert_queries, homes, patients, pool, registry
from store.pool import Connection
from telemetry.alarms import ConditionState, Priority
from telemetry.treatment import Phase

NOW_US = 1_750_000_000_000_000


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    """Ann at u-1, with an account of hers: number 1."""
    with pool.connect(database_url) as connection:
        unit = registry.add_unit(connection, "Home 1", "North", NOW_US, name="u-1")
        ann = patients.add_patient(connection, "Ann", unit.clinic_id, patients.Prescription())
        patients.bind(connection, unit.unit_id, ann, NOW_US)
        user = accounts.add_user(
            connection, email="a@example.org", name="Ann", role="patient", clinic_id=1, password_hash="x", now_us=NOW_US
        )
        homes.connect(connection, user, ann, NOW_US)
        yield connection


def by(said: UUID | None = None, later_s: int = 0) -> By:
    return By(1, NOW_US + later_s * 1_000_000, said or uuid4())


def steps(conn: Connection) -> list[tuple[str, str, str]]:
    return conn.execute("SELECT priority, state, reason FROM alert_event ORDER BY event_id").fetchall()


async def test_a_higher_priority_stays_when_help_is_asked_for_again(database_url: str, conn: Connection) -> None:
    data = HomeData(database_url)
    number, _ = await data.ask_for_help(by(), Phase.TX)
    assert await data.end_help(by(later_s=1))
    again, done = await data.ask_for_help(by(later_s=2), Phase.IDL)
    assert (again, done) == (number, True)
    found = steps(conn)
    assert [(priority, state) for priority, state, _ in found] == [
        (Priority.HIGH, ConditionState.ACTIVE_UNACKNOWLEDGED), (Priority.HIGH, ConditionState.LATCHED_CLEAR),
        (Priority.HIGH, ConditionState.ACTIVE_UNACKNOWLEDGED),
    ]  # fmt: skip
    assert found[1][2] == ENDED_AT_HOME


async def test_a_press_that_arrives_after_its_call_is_over_starts_no_new_one(
    database_url: str, conn: Connection
) -> None:
    data, said = HomeData(database_url), uuid4()
    number, _ = await data.ask_for_help(by(said), Phase.TX)
    opened = await pool.open_pool(database_url)
    async with opened.transaction() as one:
        await alert_queries.acknowledge(one, number, 1, NOW_US + 1)
    await opened.close()
    assert await data.end_help(by(later_s=2))
    assert await data.ask_for_help(by(said, 3), Phase.TX) == (number, False)
    assert len(steps(conn)) == 3


async def test_without_a_unit_nobody_could_be_sent_and_that_is_said(database_url: str, conn: Connection) -> None:
    conn.execute("UPDATE binding SET until = now()")
    data = HomeData(database_url)
    with pytest.raises(ApiError, match="no unit serves this patient"):
        await data.ask_for_help(by(), Phase.TX)
    assert await data.tell_symptom(by(), NOW_US, "cramps"), "how one feels is the patient's, not the unit's"
    home, alarms = await data.home(1)
    assert home is not None
    assert (home.patient, home.unit, alarms) == ("Ann", None, [])
