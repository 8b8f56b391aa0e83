"""What rules on readings are told of a patient: the newest that holds, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from alerts.records import Context
from evaluation.contexts import context_then, contexts
from store import care, patient_events, patients, pool, registry
from store.care import Entry
from store.patient_events import EventKind
from store.patients import Prescription
from store.pool import Connection
from telemetry.care import Access, Arranged, Content, Limits, Prescribed, TargetWeight

NOW_US = 1_750_000_000_000_000


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    with pool.connect(database_url) as connection:
        yield connection


def arrange(conn: Connection, patient: int, content: Content, since_us: int) -> None:
    care.arrange(conn, patient, Entry(Arranged(since_us, content), "os:ann", "why", NOW_US))


def test_own_limits_and_target_weight_hold_from_their_moment_until_the_next(conn: Connection) -> None:
    unit = registry.add_unit(conn, "Home 1", None, NOW_US)
    patient = patients.add_patient(conn, "Ann", None, Prescription(target_weight_kg=72))
    patients.bind(conn, unit.unit_id, patient, NOW_US)
    arrange(conn, patient, Limits(rule="R13", limits={"high": 320.0}), NOW_US + 10)
    arrange(conn, patient, Limits(rule="R14", limits={"medium": -220.0}), NOW_US + 20)
    arrange(conn, patient, Limits(rule="R13", limits={}), NOW_US + 30)
    arrange(conn, patient, TargetWeight(kg=70), NOW_US + 20)

    def at(later_us: int) -> Context:
        return contexts(conn, [unit.unit_id], NOW_US + later_us)[unit.unit_id]

    assert at(9) == Context(72.0)
    assert at(10) == Context(72.0, limits={"R13 high": 320.0})
    assert at(20) == Context(70.0, limits={"R13 high": 320.0, "R14 medium": -220.0})
    assert at(30) == Context(70.0, limits={"R14 medium": -220.0})


def test_each_item_of_a_prescription_holds_from_its_moment_until_the_next_of_that_item(conn: Connection) -> None:
    unit = registry.add_unit(conn, "Home 1", None, NOW_US)
    known = Prescription(prescribed_conductivity_ms_cm=14.0, prescribed_spktv=1.4, prescribed_heparin_ml_h=1.0)
    ann = patients.add_patient(conn, "Ann", None, known)
    patients.bind(conn, unit.unit_id, ann, NOW_US)
    # Entered in another order than they begin to hold, one of them to come, and one that only a later release knows.
    arrange(conn, ann, Prescribed(item="prescribed_heparin_ml_h", value=2.0), NOW_US + 20)
    arrange(conn, ann, Prescribed(item="prescribed_heparin_ml_h", value=1.5), NOW_US + 10)
    arrange(conn, ann, Prescribed(item="prescribed_spktv", value=None), NOW_US + 10)
    arrange(conn, ann, Prescribed(item="prescribed_spktv", value=1.2), NOW_US + 30)
    arrange(conn, ann, Prescribed(item="prescribed_spktv", value=1.3), NOW_US + 30)
    arrange(conn, ann, Prescribed(item="prescribed_mood", value=1.0), NOW_US)
    for later_us, spktv, heparin in ((9, 1.4, 1.0), (10, None, 1.5), (20, None, 2.0), (30, 1.3, 2.0)):
        wanted = Context(
            prescribed_conductivity_ms_cm=14.0, prescribed_spktv=spktv, prescribed_heparin_ml_h=heparin
        )  # fmt: skip
        then_us = NOW_US + later_us
        live = contexts(conn, [unit.unit_id], then_us)[unit.unit_id]
        then = context_then(conn, ann, known, then_us)
        for found in (live, then):
            assert found.prescribed_spktv == (None if spktv is None else pytest.approx(spktv))
            assert found == replace(wanted, prescribed_spktv=found.prescribed_spktv)


def test_they_are_the_patients_and_not_the_units(conn: Connection) -> None:
    unit = registry.add_unit(conn, "Home 1", None, NOW_US)
    ann, bob = (patients.add_patient(conn, name, None, Prescription()) for name in ("Ann", "Bob"))
    arrange(conn, ann, Limits(rule="R13", limits={"high": 320.0}), NOW_US)
    arrange(conn, ann, TargetWeight(kg=70), NOW_US)
    assert contexts(conn, [unit.unit_id], NOW_US) == {}
    patients.bind(conn, unit.unit_id, ann, NOW_US)
    assert contexts(conn, [unit.unit_id], NOW_US)[unit.unit_id].limits == {"R13 high": 320.0}
    patients.bind(conn, unit.unit_id, bob, NOW_US + 1)
    assert contexts(conn, [unit.unit_id], NOW_US + 1)[unit.unit_id] == Context()


def test_the_needle_in_use_is_known_from_its_moment_and_a_catheter_has_none(conn: Connection) -> None:
    unit = registry.add_unit(conn, "Home 1", None, NOW_US)
    patient = patients.add_patient(conn, "Ann", None, Prescription())
    patients.bind(conn, unit.unit_id, patient, NOW_US)
    thin, wide = ((200.0, 60.0), (300.0, 100.0), (400.0, 150.0)), ((200.0, 40.0), (300.0, 70.0), (400.0, 105.0))
    arrange(conn, patient, Access(kind="fistula", needle=thin), NOW_US + 10)
    arrange(conn, patient, Access(kind="fistula", needle=wide), NOW_US + 20)
    arrange(conn, patient, Access(kind="catheter", needle=thin), NOW_US + 30)

    for later_us, needle in ((9, ()), (10, thin), (20, wide), (30, ())):
        now = contexts(conn, [unit.unit_id], NOW_US + later_us)[unit.unit_id]
        assert (now.needle, context_then(conn, patient, Prescription(), NOW_US + later_us).needle) == (needle, needle)


def test_a_treatment_of_before_has_the_limits_and_the_weight_of_then(conn: Connection) -> None:
    known = Prescription(72.0, 140.0, 14.0, 300.0, 1.4, 1.5, 30.0)
    ann = patients.add_patient(conn, "Ann", None, known)
    arrange(conn, ann, Limits(rule="R13", limits={"high": 320.0}), NOW_US + 10)
    arrange(conn, ann, TargetWeight(kg=70), NOW_US + 20)
    arrange(conn, ann, Limits(rule="R13", limits={}), NOW_US + 30)
    as_prescribed = (140.0, 14.0, 300.0, 1.4, 1.5, 30.0)
    assert context_then(conn, ann, known, NOW_US) == Context(72.0, *as_prescribed)
    assert context_then(conn, ann, known, NOW_US + 25) == Context(70.0, *as_prescribed, {"R13 high": 320.0})
    assert context_then(conn, ann, known, NOW_US + 30) == Context(70.0, *as_prescribed)


def test_a_symptom_that_the_patient_told_is_known_for_twelve_hours_unless_it_was_corrected(conn: Connection) -> None:
    unit = registry.add_unit(conn, "Home 1", None, NOW_US)
    ann = patients.add_patient(conn, "Ann", None, Prescription())
    patients.bind(conn, unit.unit_id, ann, NOW_US)
    first = patient_events.tell(conn, ann, EventKind.SYMPTOM, NOW_US + 10, "cramps", NOW_US + 20)
    patient_events.tell(conn, ann, EventKind.NOTE, NOW_US + 15, "slept", NOW_US + 20)

    def known(later_us: int) -> int | None:
        now = contexts(conn, [unit.unit_id], NOW_US + later_us)[unit.unit_id]
        assert context_then(conn, ann, Prescription(), NOW_US + later_us).symptom_us == now.symptom_us
        return now.symptom_us

    half_a_day = 12 * 3_600_000_000
    assert [known(at) for at in (9, 10, half_a_day + 9, half_a_day + 10)] == [None, NOW_US + 10, NOW_US + 10, None]
    conn.execute(
        "INSERT INTO patient_event (patient_id, kind, starts_at, text, corrects, entered_at)"
        " VALUES (%s, 'symptom', from_us(%s), 'none', %s, now())",
        [ann, NOW_US + 5, first],
    )
    assert known(30) == NOW_US + 5
