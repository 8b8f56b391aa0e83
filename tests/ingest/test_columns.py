from __future__ import annotations

from math import isnan

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ingest.columns import rows_of
from telemetry import signals, wire
from telemetry.messages import Batch, Reading
from tests.ingest.building import batch, event, reading

VALUES = st.dictionaries(st.integers(0, signals.COUNT - 1), st.floats(width=32, allow_nan=False), max_size=5)
ROW = st.tuples(VALUES, st.integers(0, 255), st.integers(0, 2**63 - 1))


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    seqs = sorted(draw(st.sets(st.integers(0, 50), max_size=5)))
    rows = []
    for seq in seqs:
        values, flags, invalid = draw(ROW)
        rows.append(reading(seq, values=values, flags=flags, invalid=invalid))
    return batch(rows, [] if rows else [event(3)])


@given(st.lists(batches(), max_size=6))
def test_every_row_of_every_batch_is_there_in_order_with_its_values(sent: list[Batch]) -> None:
    checked = [wire.decode_batch(wire.encode_batch(one)) for one in sent]
    rows = rows_of(checked)

    truth = [(index, at, one) for index, one in enumerate(checked) for at in range(one.count)]
    assert len(rows) == len(truth)
    for place, (index, at, one) in enumerate(truth):
        assert rows.part[place] == index
        assert rows.seq[place] == wire.sequence_numbers(one)[at]
        assert rows.flags[place] == one.flags[at] & 27
        assert rows.phase[place] == one.phases[at]
        assert rows.time_us[place] == np.frombuffer(one.times, np.int64)[at]
        assert rows.mono_ms[place] == np.frombuffer(one.monos, np.int64)[at]
        invalid = (int(np.frombuffer(one.invalid, np.uint64)[at]) if one.invalid else 0) & (2**signals.COUNT - 1)
        for number, signal in enumerate(signals.CATALOGUE):
            sent_value = np.frombuffer(one.columns[number], np.float32)[at] if number in one.columns else np.nan
            found = rows.values[place, number]
            if isnan(sent_value) or signal.accepts(float(sent_value)):
                assert found == sent_value or (isnan(found) and isnan(sent_value))
            else:
                assert isnan(found)
                invalid |= 1 << number
        assert rows.invalid[place] == invalid


def test_no_batches_are_no_rows() -> None:
    rows = rows_of([])

    assert len(rows) == 0
    assert rows.values.shape == (0, signals.COUNT)


def test_selecting_keeps_all_columns_together() -> None:
    rows = rows_of([batch([Reading(s, s, s, s, 3, {s: 1.0}) for s in range(4)], sent_us=0)])
    chosen = rows.select(np.array([False, True, False, True]))

    assert chosen.seq.tolist() == chosen.time_us.tolist() == chosen.mono_ms.tolist() == [1, 3]
    assert np.isfinite(chosen.values[[0, 1], [1, 3]]).all()
    assert rows.select(np.ones(4, np.bool_)) is rows


def test_what_no_sensor_can_say_is_marked_invalid_and_not_shown_as_measured() -> None:
    absurd = [3.4e38, -3.4e38, float("inf"), float("-inf"), 99_999.0, 140.0]
    rows = rows_of([batch([reading(seq, values={3: value, 18: value}) for seq, value in enumerate(absurd)])])
    venous, heparin_total = rows.values[:, 3], rows.values[:, 18]
    assert np.isnan(venous[:5]).all() and venous[5] == 140.0
    assert [bool(mask & (1 << 3)) for mask in rows.invalid.tolist()] == [True] * 5 + [False]
    # A signal without an agreed range takes any finite value.
    assert np.isnan(heparin_total[2:4]).all() and np.isfinite(heparin_total[[0, 1, 4, 5]]).all()


def test_marks_that_are_ours_to_set_and_phases_nobody_knows_are_not_believed() -> None:
    told = reading(1, flags=255, invalid=2**64 - 1)
    rows = rows_of([batch([told])])
    assert rows.flags.tolist() == [27], "arriving late is ours to say"
    assert rows.invalid.tolist() == [2**signals.COUNT - 1]
    strange = rows_of([batch([msgspec.structs.replace(told, phase=77)])])
    assert strange.phase.tolist() == [0]
