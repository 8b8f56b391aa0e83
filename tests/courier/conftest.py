"""A clinic with a home and a patient, a destination, and time in the test's hands."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace

import pytest
import pytest_asyncio

from courier.destinations import Destination
from courier.line import Line
from courier.making import Making, Titles
from courier.metrics import Metrics
from courier.sending import Sending
from store import alert_log, hl7_destinations, patients, pool, registry
from store.alert_log import AlertEventRow
from store.hl7_destinations import Standing
from store.patients import Prescription
from store.pool import AsyncConnection, Connection
from store.registry import Unit
from telemetry.alarms import ConditionState, Priority

NOW_US = 1_750_000_000_000_000
SECOND = 1_000_000
NEW, SEEN = ConditionState.ACTIVE_UNACKNOWLEDGED, ConditionState.ACTIVE_ACKNOWLEDGED
LATCHED, OVER = ConditionState.LATCHED_CLEAR, ConditionState.NORMAL
TITLES = Titles()


@dataclass
class World:
    """What is there. `now_us` moves only by `after`."""

    conn: Connection
    aconn: AsyncConnection
    unit: Unit
    patient_id: int
    emr: Destination = field(default_factory=lambda: Destination("emr", "127.0.0.1", 1, False, answer_s=0.1))
    now_us: int = NOW_US
    metrics: Metrics = field(default_factory=Metrics)

    def enter(self, **changes: object) -> None:
        """The destination, otherwise."""
        self.emr = replace(self.emr, **changes)
        hl7_destinations.enter(self.conn, [self.emr.wanted], self.now_us)

    def after(self, seconds: float) -> None:
        self.now_us += round(seconds * SECOND)

    async def now(self, _conn: AsyncConnection) -> int:
        return self.now_us

    def alert(
        self, state: ConditionState = NEW, number: int | None = None, *, priority: Priority = Priority.HIGH,
        late: bool = False, again: bool = False, actor: int | None = None, unit_id: int | None = None,
        rule: str = "R10",
    ) -> int:  # fmt: skip
        """A step of a new alert, or of alert `number`."""
        number = number or alert_log.reserve_ids(self.conn, 1)[0]
        row = AlertEventRow(
            number, unit_id or self.unit.unit_id, rule, "1", priority, state, self.now_us, "Fell by 25 mmHg",
            {"venous_pressure": 21.5}, {}, late=late, again=again, actor=actor, note="Ada" if actor else "",
        )  # fmt: skip
        alert_log.append(self.conn, [row], self.now_us)
        return number

    async def make(self) -> None:
        """All that is to be told now, as messages."""
        making = Making(self.emr, TITLES, self.metrics, self.now)
        while await making.turn(self.aconn) == 0.0:
            pass

    def sending(self, port: int) -> Sending:
        at = replace(self.emr, port=port)
        return Sending(at, Line(at), self.metrics, self.now)

    def messages(self) -> list[tuple[str, str, str]]:
        """(about, outcome, body), in the order in which they were made."""
        return self.conn.execute("SELECT about, outcome, body FROM hl7_message ORDER BY message_id").fetchall()

    def standing(self) -> Standing:
        (one,) = hl7_destinations.standing(self.conn)
        return one


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    with pool.connect(database_url) as connection:
        yield connection


@pytest_asyncio.fixture
async def world(conn: Connection, database_url: str) -> AsyncIterator[World]:
    unit = registry.add_unit(conn, "Home 1", "North", NOW_US)
    patient = patients.add_patient(conn, "Ada Example", unit.clinic_id, Prescription())
    patients.bind(conn, unit.unit_id, patient, NOW_US - 3600 * SECOND)
    aconn = await pool.aconnect(database_url)
    built = World(conn, aconn, unit, patient)
    built.enter()
    yield built
    await aconn.close()
