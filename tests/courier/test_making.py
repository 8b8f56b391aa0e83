"""Making messages: nothing is told twice, nothing left out, nobody named, and nothing of another clinic."""

from __future__ import annotations

import pytest

from courier import making
from courier.making import Titles
from store import hl7_destinations, hl7_outbox, patients, registry, treatments
from store.errors import StoreError
from store.patients import Prescription
from store.pool import Connection
from store.treatments import Treatment
from telemetry.alarms import Priority
from telemetry.treatment import EndKnown, Phase
from tests.courier.conftest import LATCHED, NEW, NOW_US, OVER, SECOND, SEEN, World
from tests.interop.hl7.parsers import judged, observations, read
from tests.store.told import person
from tests.store.treated import put_rows, summarise_all

HOUR = 3600 * SECOND


def phases(world: World) -> list[str]:
    return [
        field[5] for _, _, body in world.messages() for field in observations(body) if field[3].startswith("68481^")
    ]


async def test_an_alert_from_start_to_end(world: World) -> None:
    user = person(world.conn)
    number = world.alert(priority=Priority.MEDIUM)
    world.alert(NEW, number)
    await world.make()
    world.alert(SEEN, number, actor=user)
    world.alert(SEEN, number, again=True)
    await world.make()
    world.alert(LATCHED, number)
    world.alert(OVER, number)
    await world.make()
    assert phases(world) == ["start", "escalate", "update", "continue", "end", "reset"]
    for _, outcome, body in world.messages():
        parsed = judged(body)
        assert outcome == "waiting" and f"alert-{number}^" in body and parsed is not None
        assert "Ada" not in body and f"|{world.patient_id}^^^homehd^ANON|" in body
    assert "R10^Needle dislodgement" in world.messages()[0][2] or "^99HOMEHD" in world.messages()[0][2]
    assert world.conn.execute("SELECT count(*) FROM hl7_due").fetchone() == (0,)


async def test_made_once_however_often_it_is_looked(world: World) -> None:
    world.alert()
    for _ in range(3):
        await world.make()
    assert len(world.messages()) == 1


async def test_what_fails_half_way_is_made_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.alert()
    queue = hl7_outbox.queue

    async def fails(*words: object) -> None:
        await queue(*words)  # type: ignore[arg-type]
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(hl7_outbox, "queue", fails)
        with pytest.raises(ZeroDivisionError):
            await world.make()
    assert world.messages() == [] and world.conn.execute("SELECT count(*) FROM hl7_due").fetchone() == (1,)
    await world.make()
    assert phases(world) == ["start"]


async def test_a_rolled_back_alert_is_told_to_nobody(world: World, conn: Connection) -> None:
    with conn.transaction(force_rollback=True):
        world.alert()
    await world.make()
    assert world.messages() == []


async def test_what_came_too_late_to_page_anybody_rings_nowhere_else(world: World) -> None:
    late = world.alert(late=True)
    world.alert(OVER, late, late=True)
    real = world.alert()
    world.alert(OVER, real, late=True)
    await world.make()
    assert phases(world) == ["start", "end"] and f"alert-{real}^" in world.messages()[0][2]


async def test_the_unit_for_tests_is_nobody_s(world: World) -> None:
    test = registry.add_unit(world.conn, "Probe", None, NOW_US)
    world.conn.execute("UPDATE unit SET is_test = true WHERE unit_id = %s", [test.unit_id])
    world.alert(unit_id=test.unit_id)
    await world.make()
    assert world.messages() == [] and world.standing().alert_since_us is None


async def test_an_alert_of_another_clinic_is_not_told(world: World) -> None:
    other = registry.add_unit(world.conn, "Home 2", "South", NOW_US)
    guest = patients.add_patient(world.conn, "Bo", world.unit.clinic_id, Prescription())
    world.enter(clinic="North")
    south = world.alert(unit_id=other.unit_id)
    world.after(1)
    patients.bind(world.conn, other.unit_id, guest, world.now_us)  # a patient of North on a unit of South
    north = world.alert(unit_id=other.unit_id)
    home = world.alert()
    await world.make()
    told = [body for _, _, body in world.messages()]
    assert [f"alert-{one}^" in body for one, body in zip((north, home), told, strict=True)] == [True, True]
    assert all(f"alert-{south}^" not in body for body in told)


async def test_the_end_of_an_alert_is_told_of_whom_it_was_found(world: World) -> None:
    """Somebody else has the home by then: it is not theirs."""
    number = world.alert()
    await world.make()
    world.after(10)
    other = patients.add_patient(world.conn, "Bo Next", world.unit.clinic_id, Prescription())
    patients.bind(world.conn, world.unit.unit_id, other, world.now_us)
    world.after(10)
    world.alert(OVER, number)
    await world.make()
    assert [str(read(body)["PID"][0][3]) for _, _, body in world.messages()] == [
        f"{world.patient_id}^^^homehd^ANON"
    ] * 2


async def test_whoever_comes_later_is_told_of_what_stands(world: World) -> None:
    hl7_destinations.enter(world.conn, [], world.now_us)
    over, stands = world.alert(), world.alert()
    world.alert(OVER, over)
    await world.make()
    assert world.messages() == []
    world.enter()
    await world.make()
    assert phases(world) == ["start"] and f"alert-{stands}^" in world.messages()[0][2]


async def test_names_only_where_they_are_asked_for(world: World) -> None:
    world.enter(names=True)
    world.alert()
    await world.make()
    assert "Ada Example" in judged(world.messages()[0][2]).to_er7()


def treat(world: World, minutes_ago: int, minutes: int | None = None) -> int:
    """A treatment that began so many minutes ago, with a row each ten seconds; its number."""
    start_us = world.now_us - minutes_ago * 60 * SECOND
    end_us = None if minutes is None else start_us + minutes * 60 * SECOND
    known = None if minutes is None else EndKnown.MACHINE
    treatments.add(
        world.conn, [(world.unit.unit_id, Treatment(start_us, end_us, known))], world.now_us, world.now_us
    )  # fmt: skip
    measure(world, start_us, 6 * (minutes or minutes_ago))
    return int(world.conn.execute("SELECT max(treatment_id) FROM treatment").fetchone()[0])


def measure(world: World, start_us: int, rows: int) -> None:
    values = {"venous_pressure": [100.0 + n for n in range(rows)], "systolic": [120.0, *[float("nan")] * (rows - 1)]}
    put_rows(world.conn, world.unit, start_us, 10 * SECOND, [Phase.TX] * rows, **values)


def values(body: str) -> dict[str, str]:
    return {field[3].split("^")[1]: field[5] for field in observations(body)[2:]}


async def test_the_last_values_each_minute(world: World) -> None:
    number = treat(world, 1)
    await world.make()
    await world.make()
    world.after(59)
    await world.make()
    assert len(world.messages()) == 1
    measure(world, world.now_us - 50 * SECOND, 6)
    world.after(1)
    await world.make()
    first, second = (body for _, _, body in world.messages())
    for body in (first, second):
        judged(body)
        assert f"treatment-{number}^" in body and "Ada" not in body and f"|{world.patient_id}^^^homehd^ANON|" in body
    assert values(first) == {"MDC_HDIALY_BLD_PUMP_PRESS_VEN": "105", "MDC_PRESS_BLD_NONINV_SYS": "120"}
    assert values(second)["MDC_HDIALY_BLD_PUMP_PRESS_VEN"] == "105"
    assert [about.split()[:2] for about, _, _ in world.messages()] == [["readings", str(number)]] * 2


async def test_where_nothing_is_measured_nothing_is_said(world: World) -> None:
    treat(world, 1)
    await world.make()
    world.after(120)
    await world.make()
    assert len(world.messages()) == 1


async def test_the_rest_of_a_treatment_that_has_ended_and_what_it_came_to(world: World) -> None:
    number = treat(world, 5)
    await world.make()
    world.after(40)
    measure(world, world.now_us - 30 * SECOND, 2)
    world.conn.execute(
        "UPDATE treatment SET ended_at = from_us(%s), end_known = 'derived', summary_due_at = started_at, revision = 2",
        [world.now_us - 5 * SECOND],
    )
    await world.make()
    assert summarise_all(world.conn, world.now_us) == 1
    await world.make()
    await world.make()
    assert [about.split()[0] for about, _, _ in world.messages()] == ["readings", "readings", "totals"]
    total = world.messages()[2][2]
    judged(total)
    assert f"treatment-{number}^" in total and [field[11] for field in observations(total)[2:]] == ["F"]
    # Computed anew after a late backlog: told anew, and that it was corrected.
    world.after(600)
    world.conn.execute("UPDATE treatment SET summary_due_at = started_at, revision = 3")
    assert summarise_all(world.conn, world.now_us) == 1
    await world.make()
    assert len(world.messages()) == 4 and [field[11] for field in observations(world.messages()[3][2])[2:]] == ["C"]


async def test_treatments_from_before_are_not_told(world: World) -> None:
    treat(world, 600, 60)
    summarise_all(world.conn, world.now_us)
    await world.make()
    assert world.messages() == []


async def test_treatments_of_another_clinic_are_not_told(world: World) -> None:
    registry.add_unit(world.conn, "Home 2", "South", NOW_US)
    treat(world, 1)
    world.enter(clinic="South")
    await world.make()
    assert world.messages() == []
    world.enter(clinic="North")
    await world.make()
    assert len(world.messages()) == 1


@pytest.mark.parametrize(("alerts", "every_s", "told"), [(True, None, ["alert"]), (False, 60, ["readings"])])
async def test_each_is_told_what_it_is_to_be_told(
    world: World, alerts: bool, every_s: int | None, told: list[str]
) -> None:
    world.enter(alerts=alerts, every_s=every_s)
    world.alert()
    treat(world, 1)
    await world.make()
    assert [about.split()[0] for about, _, _ in world.messages()] == told


async def test_what_waits_has_an_end_that_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings are left out, alerts and totals never; an operator hears of it."""
    from notifier import hl7 as lookout

    monkeypatch.setattr(making, "MOST_WAITING", 2)
    treat(world, 3)
    for _ in range(5):
        await world.make()
        world.after(60)
        measure(world, world.now_us - 50 * SECOND, 5)
    world.alert()
    await world.make()
    assert [about.split()[0] for about, _, _ in world.messages()] == ["readings", "readings", "alert"]
    assert world.standing().left_out == 4
    assert "readings are left out" in lookout.troubles(world.conn, NOW_US)[0].reason
    hl7_destinations.release(world.conn, "emr", "os:op", world.now_us, skip=False)
    assert world.standing().left_out == 0


async def test_what_was_settled_long_ago_is_forgotten_but_not_what_stands(world: World) -> None:
    over, stands = world.alert(), world.alert()
    world.alert(OVER, over)
    await world.make()
    world.conn.execute("UPDATE hl7_message SET outcome = 'delivered', settled_at = from_us(%s)", [world.now_us])
    world.after(8 * 86_400)
    await world.make()
    assert [f"alert-{stands}^" in body for _, _, body in world.messages()] == [True]
    world.alert(OVER, stands)
    await world.make()
    assert phases(world) == ["end"]


async def test_a_database_that_is_gone_is_a_store_error(world: World) -> None:
    await world.aconn.close()
    with pytest.raises(StoreError):
        await world.make()


def test_rules_about_equipment_are_technical() -> None:
    titles = Titles()
    assert titles.is_technical("R33") and not titles.is_technical("R10")
    assert titles.title("R10") != "R10" and titles.title("R999") == "R999"
