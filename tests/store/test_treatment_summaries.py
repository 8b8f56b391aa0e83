from __future__ import annotations

import numpy as np
import pytest

from store import pool, readings, treatment_summaries, treatments
from store.phase_runs import Span
from store.pool import Connection
from store.readings import ReadingColumns
from store.registry import Unit
from store.treatment_summaries import Due, Summary
from store.treatments import Interruption, Treatment
from telemetry.signals import BY_NAME, COUNT
from telemetry.treatment import Cause, EndKnown, Phase

NOW_US = 1_750_000_000_000_000
SECOND, MINUTE = 1_000_000, 60_000_000
PAUSES = (
    Interruption(NOW_US + 10 * SECOND, NOW_US + 15 * SECOND, Cause.PHASE, "PRETX"),
    Interruption(NOW_US + 20 * SECOND, NOW_US + 27 * SECOND, Cause.MACHINE_LOST),
    Interruption(NOW_US + 30 * SECOND, NOW_US + 33 * SECOND, Cause.NO_READINGS),
)
TREATMENT = Treatment(NOW_US, NOW_US + 60 * SECOND, EndKnown.MACHINE, PAUSES)
EVERYWHERE = range(64)


def put_rows(conn: Connection, unit: Unit, phases: list[Phase], first_s: int = 0, **values: list[float]) -> None:
    """One row a second from `first_s` on; NaN = not measured."""
    count = len(phases)
    cells = np.full((count, COUNT), np.nan, np.float32)
    for name, column in values.items():
        cells[:, BY_NAME[name].number] = column
    at = NOW_US + (first_s + np.arange(count)) * SECOND
    columns = ReadingColumns(
        unit_id=np.full(count, unit.unit_id, np.int32), epoch=np.full(count, b"0123456789abcdef", "S16"),
        seq=np.arange(count) + first_s, time_us=at, mono_ms=np.zeros(count, np.int64),
        phase=np.array(phases, np.uint8), flags=np.ones(count, np.uint8), invalid=np.zeros(count, np.uint64),
        received_us=at, values=cells,
    )  # fmt: skip
    with pool.transaction(conn):
        readings.copy_readings(conn, columns)


def add(conn: Connection, unit: Unit, treatment: Treatment = TREATMENT) -> None:
    treatments.add(conn, [(unit.unit_id, treatment)], NOW_US, NOW_US + MINUTE)


def due(conn: Connection, now_us: int = NOW_US + MINUTE) -> list[Due]:
    return treatment_summaries.due(conn, EVERYWHERE, now_us)


def summary_of(conn: Connection) -> Summary:
    (wanted,) = due(conn)
    return treatment_summaries.summarise(conn, wanted)


nan = float("nan")


def test_medians_extremes_and_totals_are_of_the_rows_in_treatment(conn: Connection, unit: Unit) -> None:
    add(conn, unit)
    tx, idle = Phase.TX, Phase.IDL
    put_rows(
        conn, unit, [idle, tx, tx, idle, tx, tx],
        venous_pressure=[500.0, 100.0, 120.0, 500.0, 90.0, nan],
        ultrafiltration_volume=[9000.0, 10.0, 20.0, 9000.0, 30.5, nan],
        treatment_elapsed=[0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
    )  # fmt: skip
    put_rows(conn, unit, [tx], first_s=61, venous_pressure=[400.0])
    found = summary_of(conn)

    assert found.readings == 4
    assert found.signals["venous_pressure"] == treatment_summaries.Span(3, 100.0, 90.0, 120.0)
    assert (found.volume_removed_ml, found.machine_time_min) == (30.5, 5.0)
    assert (found.blood_processed_l, found.spktv, found.ektv) == (None, None, None)
    assert set(found.signals) == {"venous_pressure", "ultrafiltration_volume", "treatment_elapsed"}


def test_the_same_as_numpy_finds(conn: Connection, unit: Unit) -> None:
    add(conn, unit)
    dice = np.random.default_rng(5)
    flow, pressure = (dice.normal(mean, 20, 51).astype(np.float32) for mean in (300, -150))
    pressure[dice.random(51) < 0.3] = np.nan
    put_rows(conn, unit, [Phase.TX] * 51, blood_flow=flow.tolist(), arterial_pressure=pressure.tolist())
    found = summary_of(conn).signals

    for name, values in (("blood_flow", flow), ("arterial_pressure", pressure)):
        expected = (np.nanmedian(values), np.nanmin(values), np.nanmax(values))
        assert (found[name].median, found[name].minimum, found[name].maximum) == pytest.approx(expected)
        assert found[name].count == np.isfinite(values).sum()


def test_pauses_are_taken_off_and_what_nobody_saw_is_said(conn: Connection, unit: Unit) -> None:
    add(conn, unit)
    found = summary_of(conn)
    assert (found.readings, found.signals) == (0, {})
    assert (found.treated_s, found.unseen_s) == (55.0, 10.0)


def test_due_when_its_time_has_come_and_done_when_it_is_kept(conn: Connection, unit: Unit) -> None:
    add(conn, unit)
    assert due(conn, NOW_US + MINUTE - 1) == []
    assert treatment_summaries.due(conn, [n for n in EVERYWHERE if n != unit.shard], NOW_US + MINUTE) == []
    (wanted,) = due(conn)
    treatment_summaries.save(conn, wanted, treatment_summaries.summarise(conn, wanted), NOW_US + 5)

    assert due(conn) == []
    row = conn.execute("SELECT revision, version, to_us(computed_at) FROM treatment_summary").fetchone()
    assert row == (1, treatment_summaries.VERSION, NOW_US + 5)


def test_one_that_changed_while_it_was_computed_stays_due(conn: Connection, unit: Unit) -> None:
    add(conn, unit)
    (wanted,) = due(conn)
    summary = treatment_summaries.summarise(conn, wanted)
    treatments.change(conn, [wanted.stored], NOW_US, NOW_US + MINUTE)
    (again,) = due(conn)
    treatment_summaries.save(conn, again, summary, NOW_US + 9)
    treatments.change(conn, [wanted.stored], NOW_US, NOW_US + MINUTE)
    treatment_summaries.save(conn, wanted, summary, NOW_US + 10)

    assert [one.revision for one in due(conn)] == [3]
    # The older one came last and did not replace the newer.
    assert conn.execute("SELECT revision, to_us(computed_at) FROM treatment_summary").fetchone() == (2, NOW_US + 9)


def test_one_that_is_gone_or_goes_on_again(conn: Connection, unit: Unit) -> None:
    add(conn, unit)
    (wanted,) = due(conn)
    summary = treatment_summaries.summarise(conn, wanted)
    treatment_summaries.put_off(conn, wanted, NOW_US + 2 * MINUTE)
    assert due(conn) == []
    goes_on = Due(unit.unit_id, 1, treatments.Stored(wanted.stored.treatment_id, Treatment(NOW_US)))
    with pytest.raises(ValueError, match="goes on"):
        treatment_summaries.summarise(conn, goes_on)
    treatments.remove(conn, [wanted.stored.treatment_id])
    treatment_summaries.save(conn, wanted, summary, NOW_US)

    assert conn.execute("SELECT count(*) FROM treatment_summary").fetchone() == (0,)
    assert treatments.overlapping(conn, [Span(unit.unit_id, NOW_US, NOW_US)]) == {unit.unit_id: []}
