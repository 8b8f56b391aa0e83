from __future__ import annotations

import pytest

from store import care, patients
from store.care import Entry
from store.errors import StoreError, Trouble
from store.patients import Prescription
from store.pool import Connection
from store.registry import Unit
from telemetry.care import Access, Arranged, Content, Limits, Measured, Measurement, Prescribed, Schedule, TargetWeight

NOW_US = 1_750_000_000_000_000
ALL: list[Content] = [
    Schedule(days=("mon", "thu"), at="18:00", zone="Europe/Berlin", duration_min=240),
    Access(kind="graft", needle=((200.0, 60.0), (300.0, 100.0), (400.0, 150.5))),
    TargetWeight(kg=70.5),
    Prescribed(item="prescribed_spktv", value=1.3),
    Prescribed(item="prescribed_spktv", value=None),
    Limits(rule="R25", limits={"low_min": 20.0}),
]


def entry(content: Content, since_us: int = NOW_US, reason: str = "as agreed") -> Entry:
    return Entry(Arranged(since_us, content), "os:ann", reason, NOW_US)


def test_what_is_arranged_comes_back_as_it_was_entered(conn: Connection) -> None:
    ann, bob = (patients.add_patient(conn, name, None, Prescription()) for name in ("Ann", "Bob"))
    for content in ALL:
        care.arrange(conn, ann, entry(content, NOW_US - 5))
    care.arrange(conn, ann, entry(TargetWeight(kg=71.0), NOW_US - 9))
    assert care.entries(conn, ann) == [*(entry(one, NOW_US - 5) for one in ALL), entry(TargetWeight(kg=71), NOW_US - 9)]
    assert care.entries(conn, bob) == []


def test_values_of_a_patient_are_theirs_and_those_of_water_the_homes(conn: Connection, unit: Unit) -> None:
    ann, bob = (patients.add_patient(conn, name, None, Prescription()) for name in ("Ann", "Bob"))
    weight = Measurement(1, Measured.WEIGHT_AFTER, 70.2, NOW_US)
    water = Measurement(2, Measured.ENDOTOXIN, 0.3, NOW_US - 1)
    for one in (weight, water):
        care.measure(conn, ann, unit.unit_id, one, "os:ann", NOW_US)
    assert care.measurements(conn, ann, unit.unit_id, NOW_US - 1) == [weight, water]
    assert care.measurements(conn, bob, unit.unit_id, NOW_US - 1) == [water]
    assert care.measurements(conn, ann, unit.unit_id, NOW_US) == [weight]


@pytest.mark.parametrize(
    "statement",
    ["UPDATE arrangement SET reason = 'other'", "DELETE FROM measurement", "TRUNCATE arrangement"],
)
def test_nothing_of_it_is_ever_changed(conn: Connection, unit: Unit, statement: str) -> None:
    ann = patients.add_patient(conn, "Ann", None, Prescription())
    care.arrange(conn, ann, entry(ALL[0]))
    care.measure(conn, ann, unit.unit_id, Measurement(1, Measured.WEIGHT_AFTER, 70.2, NOW_US), "os:ann", NOW_US)
    with pytest.raises(Exception, match="append-only"):
        conn.execute(statement)


def test_nobody_is_arranged_for_who_is_not_there_and_nothing_without_a_reason(conn: Connection) -> None:
    with pytest.raises(StoreError) as caught:
        care.arrange(conn, 99, entry(ALL[0]))
    assert caught.value.trouble is Trouble.CONFLICT
    ann = patients.add_patient(conn, "Ann", None, Prescription())
    with pytest.raises(StoreError) as caught:
        care.arrange(conn, ann, entry(ALL[0], reason=""))
    assert caught.value.trouble is Trouble.REFUSED
