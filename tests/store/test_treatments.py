from __future__ import annotations

from store import patients, registry, treatments
from store.patients import Prescription
from store.phase_runs import Span
from store.pool import Connection
from store.registry import Unit
from store.treatments import Interruption, Stored, Treatment
from telemetry.treatment import Cause, EndKnown

NOW_US = 1_750_000_000_000_000
HOUR = 3_600_000_000
PAUSE = Interruption(NOW_US + HOUR, NOW_US + HOUR + 5, Cause.PHASE, "PRETX")
ENDED = Treatment(NOW_US, NOW_US + 4 * HOUR, EndKnown.MACHINE, (PAUSE,), derived=True, unusual=2)
GOES_ON = Treatment(NOW_US + 24 * HOUR, interruptions=(Interruption(NOW_US + 25 * HOUR, None, Cause.MACHINE_LOST),))


def all_of(conn: Connection, unit: Unit) -> list[Stored]:
    return treatments.overlapping(conn, [Span(unit.unit_id, -(2**62), 2**62)])[unit.unit_id]


def near(conn: Connection, unit: Unit, start_us: int, end_us: int) -> list[Treatment]:
    found = treatments.overlapping(conn, [Span(unit.unit_id, start_us, end_us)])[unit.unit_id]
    return [one.treatment for one in found]


def test_what_is_stored_comes_back(conn: Connection, unit: Unit) -> None:
    treatments.add(conn, [(unit.unit_id, GOES_ON), (unit.unit_id, ENDED)], NOW_US, NOW_US + 60)
    assert [one.treatment for one in all_of(conn, unit)] == [ENDED, GOES_ON]
    due = conn.execute("SELECT to_us(summary_due_at), revision FROM treatment ORDER BY started_at").fetchall()
    assert due == [(NOW_US + 60, 1), (None, 1)]


def test_only_what_touches_the_span_one_that_goes_on_touches_all_that_follows(conn: Connection, unit: Unit) -> None:
    treatments.add(conn, [(unit.unit_id, GOES_ON), (unit.unit_id, ENDED)], NOW_US, NOW_US)
    assert near(conn, unit, NOW_US - HOUR, NOW_US - 1) == []
    assert near(conn, unit, NOW_US - HOUR, NOW_US) == [ENDED]
    assert near(conn, unit, NOW_US + 4 * HOUR, NOW_US + 4 * HOUR) == [ENDED]
    assert near(conn, unit, NOW_US + 4 * HOUR + 1, NOW_US + 24 * HOUR - 1) == []
    assert near(conn, unit, NOW_US + 240 * HOUR, NOW_US + 241 * HOUR) == [GOES_ON]


def test_a_change_raises_the_revision(conn: Connection, unit: Unit) -> None:
    treatments.add(conn, [(unit.unit_id, ENDED)], NOW_US, NOW_US)
    (stored,) = all_of(conn, unit)
    again = Treatment(NOW_US - HOUR)
    treatments.change(conn, [Stored(stored.treatment_id, again)], NOW_US + 7, NOW_US + 67)

    assert all_of(conn, unit) == [Stored(stored.treatment_id, again)]
    row = conn.execute("SELECT revision, to_us(changed_at), summary_due_at FROM treatment").fetchone()
    assert row == (2, NOW_US + 7, None)


def test_what_is_no_treatment_after_all_goes(conn: Connection, unit: Unit) -> None:
    treatments.add(conn, [(unit.unit_id, ENDED), (unit.unit_id, GOES_ON)], NOW_US, NOW_US)
    treatments.remove(conn, [all_of(conn, unit)[0].treatment_id])
    treatments.remove(conn, [])
    assert [one.treatment for one in all_of(conn, unit)] == [GOES_ON]


def test_the_patient_is_the_one_the_unit_served_when_it_began(conn: Connection, unit: Unit) -> None:
    first, second = (patients.add_patient(conn, name, None, Prescription()) for name in ("First", "Second"))
    patients.bind(conn, unit.unit_id, first, NOW_US)
    patients.bind(conn, unit.unit_id, second, NOW_US + HOUR)
    begins = [NOW_US - 1, NOW_US, NOW_US + HOUR - 1, NOW_US + HOUR, NOW_US + 99 * HOUR]
    treatments.add(conn, [(unit.unit_id, Treatment(at, at, EndKnown.DERIVED)) for at in begins], NOW_US, NOW_US)

    bound = conn.execute("SELECT patient_id FROM treatment ORDER BY started_at").fetchall()
    assert [row[0] for row in bound] == [None, first, first, second, second]
    last = all_of(conn, unit)[-1]
    treatments.change(conn, [Stored(last.treatment_id, Treatment(NOW_US + 1))], NOW_US, NOW_US)
    row = conn.execute("SELECT patient_id FROM treatment WHERE treatment_id = %s", [last.treatment_id]).fetchone()
    assert row == (first,)


def test_units_with_one_that_goes_on(conn: Connection, unit: Unit) -> None:
    other = registry.add_unit(conn, "Home 2", None, NOW_US)
    treatments.add(conn, [(unit.unit_id, ENDED), (other.unit_id, GOES_ON)], NOW_US, NOW_US)
    registry.revoke_unit(conn, other.name, NOW_US)
    assert treatments.open_units(conn, range(64)) == [other.unit_id]
    assert treatments.open_units(conn, [n for n in range(64) if n != other.shard]) == []
