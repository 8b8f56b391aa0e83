"""What is new about a patient is noted by whatever stores it; a finding is on record once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from store import care, patients, pool, registry, reviews, treatment_summaries
from store.care import Entry
from store.patients import Prescription
from store.pool import Connection
from store.registry import Unit
from store.reviews import DueReview, FindingRow
from telemetry.alarms import FindingState, Priority
from telemetry.care import Arranged, Measured, Measurement, TargetWeight
from tests.store.treated import HOUR, NOW_US, add_treatment, patient_of, summarise_all

EVERYWHERE = range(64)


def due(conn: Connection, now_us: int = NOW_US) -> list[int]:
    return [one.patient_id for one in reviews.due(conn, EVERYWHERE, now_us)]


def look(conn: Connection, patient: int, due_us: int | None = None) -> int:
    """A review that finds nothing; how many notes it took away."""
    with pool.transaction(conn):
        marks = reviews.begin(conn, patient)
        reviews.finish(conn, patient, marks, NOW_US, due_us)
    return len(marks)


def row(about: str = "treatment 1", state: FindingState = FindingState.ACTIVE, basis: str = "1/1/0") -> FindingRow:
    priority = Priority.LOW if state is FindingState.ACTIVE else None
    return FindingRow("R25", "1.0.0+0", about, basis, NOW_US, state, priority, "why", {"a": 1.0}, {"b": float("inf")})


def arrange(conn: Connection, unit: Unit, patient: int) -> None:
    care.arrange(conn, patient, Entry(Arranged(NOW_US, TargetWeight(kg=70)), "os:ann", "why", NOW_US))


def weigh(conn: Connection, unit: Unit, patient: int) -> None:
    care.measure(conn, patient, unit.unit_id, Measurement(0, Measured.WEIGHT_AFTER, 70, NOW_US), "os:ann", NOW_US)


def sample_water(conn: Connection, unit: Unit, patient: int) -> None:
    care.measure(conn, patient, unit.unit_id, Measurement(0, Measured.BACTERIA, 10, NOW_US), "os:ann", NOW_US)


def treat(conn: Connection, unit: Unit, patient: int) -> None:
    add_treatment(conn, unit, NOW_US, 60)


def prescribe(conn: Connection, unit: Unit, patient: int) -> None:
    conn.execute("UPDATE patient SET display_name = 'Anna' WHERE patient_id = %s", [patient])


def move(conn: Connection, unit: Unit, patient: int) -> None:
    patients.bind(conn, registry.add_unit(conn, "Home 9", "North", NOW_US).unit_id, patient, NOW_US + 1)


@pytest.mark.parametrize("happens", [arrange, weigh, sample_water, treat, prescribe, move])
def test_whatever_is_new_makes_a_review_due_and_the_review_takes_that_away(
    conn: Connection, unit: Unit, happens: Callable[[Connection, Unit, int], None]
) -> None:
    patient = patient_of(conn, unit, NOW_US - HOUR)
    look(conn, patient)
    assert due(conn) == []
    happens(conn, unit, patient)
    assert due(conn) == [patient]
    look(conn, patient)
    assert due(conn) == []


def test_a_summary_and_the_end_of_a_treatment_are_new_and_its_being_due_is_not(conn: Connection, unit: Unit) -> None:
    patient = patient_of(conn, unit, NOW_US - HOUR)
    add_treatment(conn, unit, NOW_US, 60)
    look(conn, patient)
    (wanted,) = treatment_summaries.due(conn, EVERYWHERE, NOW_US + 2 * HOUR)
    treatment_summaries.put_off(conn, wanted, NOW_US + 3 * HOUR)
    assert due(conn) == []
    assert summarise_all(conn, NOW_US + 4 * HOUR) == 1
    assert due(conn) == [patient]


def test_what_is_noted_while_a_review_goes_on_is_not_taken_away_by_it(conn: Connection, unit: Unit) -> None:
    patient = patient_of(conn, unit, NOW_US - HOUR)
    marks = reviews.begin(conn, patient)
    weigh(conn, unit, patient)
    reviews.finish(conn, patient, marks, NOW_US, None)
    assert due(conn) == [patient]


def test_time_alone_makes_one_due_and_one_that_failed_waits(conn: Connection, unit: Unit) -> None:
    patient = patient_of(conn, unit, NOW_US - HOUR)
    look(conn, patient, due_us=NOW_US + 10)
    assert (due(conn, NOW_US + 9), due(conn, NOW_US + 10)) == ([], [patient])
    weigh(conn, unit, patient)
    reviews.put_off(conn, patient, NOW_US, NOW_US + 50)
    assert (due(conn, NOW_US + 49), due(conn, NOW_US + 50)) == ([], [patient])


def test_whose_unit_it_is_whether_it_still_serves_and_only_of_our_shards(conn: Connection, unit: Unit) -> None:
    patient = patient_of(conn, unit, NOW_US - HOUR)
    expected = DueReview(patient, unit.unit_id, unit.name, NOW_US - HOUR, served=True)
    assert reviews.due(conn, [unit.shard], NOW_US) == [expected]
    assert reviews.due(conn, [n for n in EVERYWHERE if n != unit.shard], NOW_US) == []
    other = patients.add_patient(conn, "Bob", None, Prescription())
    patients.bind(conn, unit.unit_id, other, NOW_US)
    served = {one.patient_id: one.served for one in reviews.due(conn, [unit.shard], NOW_US)}
    assert served == {patient: False, other: True}
    registry.revoke_unit(conn, unit.name, NOW_US)
    assert not any(one.served for one in reviews.due(conn, [unit.shard], NOW_US))


def test_a_finding_is_there_once_and_what_takes_its_place_is_the_last_found(conn: Connection, unit: Unit) -> None:
    patient = patient_of(conn, unit, NOW_US - HOUR)
    reviews.save(conn, patient, [row(), row("treatment 2")], NOW_US)
    reviews.save(conn, patient, [row(state=FindingState.NORMAL, basis="2/1/0")], NOW_US + 1)
    found = reviews.known(conn, patient, ["1.0.0+0"])
    assert [(one.about, one.basis, one.state) for one in found] == [
        ("treatment 1", "2/1/0", FindingState.NORMAL),
        ("treatment 2", "1/1/0", FindingState.ACTIVE),
    ]
    assert found[0].number > found[1].number
    assert reviews.known(conn, patient, ["2.0.0+0"]) == []
    (shown,) = reviews.newest(conn, patient)
    assert (shown.about, shown.state, shown.found_us) == ("treatment 1", FindingState.NORMAL, NOW_US + 1)


def test_two_do_not_review_one_patient_at_a_time(conn: Connection, unit: Unit, database_url: str) -> None:
    patient = patient_of(conn, unit, NOW_US - HOUR)
    with pool.connect(database_url) as other, pool.transaction(conn):
        reviews.begin(conn, patient)
        other.execute("SET lock_timeout = '50ms'")
        with pytest.raises(Exception, match="lock"), pool.transaction(other):
            reviews.begin(other, patient)


def test_a_new_version_of_a_rule_makes_everybody_due_once(conn: Connection, unit: Unit) -> None:
    patient = patient_of(conn, unit, NOW_US - HOUR)
    reviews.save(conn, patient, [row()], NOW_US)
    look(conn, patient)
    reviews.review_all(conn, ["1.0.0+0"], NOW_US)
    assert due(conn) == []
    reviews.review_all(conn, ["1.0.0+1"], NOW_US)
    assert due(conn) == [patient]


async def test_who_looks_at_a_unit_sees_what_was_lacking_last_of_the_patient_it_serves(
    conn: Connection, unit: Unit, apool: pool.Pool
) -> None:
    lacking, fine = FindingState.NOT_EVALUATED, FindingState.NORMAL
    patient = patient_of(conn, unit, NOW_US - HOUR)
    reviews.save(conn, patient, [row("treatment 1", lacking), row("treatment 2", fine)], NOW_US)

    async def seen(*rules: str) -> dict[int, list[tuple[str, str]]]:
        async with apool.connection() as aconn:
            return await reviews.not_evaluated(aconn, [unit.unit_id], rules)

    assert await seen("R25", "R26") == {}
    reviews.save(conn, patient, [row("treatment 1", lacking, basis="2/1/0")], NOW_US + 1)
    assert await seen("R25", "R26") == {unit.unit_id: [("R25", "why")]}
    assert await seen("R26") == {}
    patients.bind(conn, unit.unit_id, patients.add_patient(conn, "Bob", None, Prescription()), NOW_US)
    assert await seen("R25") == {}
