"""The struct of arrays: growing, packing, unpacking under another layout."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from alerts.table import Field, Table
from telemetry.errors import HomehdError

OLD = (
    Field("unit", "i8", -1),
    Field("rung", "u1", 0, ("a", "b")),
    Field("ring", "f4", np.nan, ("x", "y"), (3,)),
    Field("gone", "f8", 0.0, ("a",)),
    Field("limit", "f8", np.array([1.0, 2.0]), ("a", "b"), saved=False),
)


def test_fields_start_with_their_fill_and_keep_it_when_they_grow() -> None:
    table = Table(OLD, 1)
    table["rung"][0] = [3, 4]
    table.grow(3)
    assert table.rows == 3
    assert table["rung"].tolist() == [[3, 4], [0, 0], [0, 0]]
    assert table["limit"].tolist() == [[1.0, 2.0]] * 3
    assert table["unit"].tolist() == [-1] * 3
    assert table.row_bytes == 8 + 2 + 24 + 8 + 16


def test_packed_and_unpacked_is_the_same() -> None:
    table, other = Table(OLD, 1), Table(OLD, 2)
    table["unit"][0], table["rung"][0], table["ring"][0, 1] = 7, [1, 2], [1.0, 2.0, 3.0]
    table["limit"][0] = 9.0
    other.unpack(1, *table.pack(0))
    assert other["unit"].tolist() == [-1, 7]
    assert other["rung"].tolist() == [[0, 0], [1, 2]]
    np.testing.assert_array_equal(other["ring"][1], table["ring"][0])
    assert other["limit"][1].tolist() == [1.0, 2.0]


def test_under_another_layout_what_has_the_same_label_continues() -> None:
    table = Table(OLD, 1)
    table["unit"][0], table["rung"][0], table["ring"][0] = 7, [1, 2], [[1, 2, 3], [4, 5, 6]]
    new = Table(
        (
            Field("rung", "u1", 0, ("c", "b")),
            Field("ring", "f4", np.nan, ("y",), (2,)),
            Field("unit", "f4", -1),
            Field("fresh", "u1", 5, ("a",)),
        ),
        1,
    )
    new["rung"][0] = 9
    new.unpack(0, *table.pack(0))
    assert new["rung"].tolist() == [[0, 2]]
    assert np.isnan(new["ring"]).all()
    assert new["unit"].tolist() == [-1.0]
    assert new["fresh"].tolist() == [[5]]


@pytest.mark.parametrize("cut", [0, 1, 40])
def test_a_body_of_the_wrong_length_is_refused_and_nothing_is_touched(cut: int) -> None:
    table = Table(OLD, 1)
    table["unit"][0] = 7
    fingerprint, layout, body = table.pack(0)
    for wrong in (body[:cut], body + b"x"):
        with pytest.raises(HomehdError, match="restore engine state"):
            table.unpack(0, fingerprint, layout, wrong)
    assert table["unit"][0] == 7


@pytest.mark.parametrize(
    "layout", [b"", b"rubbish", zlib.compress(b"rubbish"), zlib.compress(b"\x91\x94\xa1a\xa2zz\xc0\x90")]
)
def test_a_layout_that_cannot_be_read_is_refused(layout: bytes) -> None:
    table = Table(OLD, 1)
    with pytest.raises(HomehdError, match="restore engine state"):
        table.unpack(0, b"other", layout, b"1234")


def test_reset_puts_chosen_fields_of_chosen_rows_back() -> None:
    table = Table(OLD, 2)
    table["rung"][:], table["unit"][:] = 1, 1
    table.reset(("rung",), np.array([1]))
    assert table["rung"].tolist() == [[1, 1], [0, 0]]
    assert table["unit"].tolist() == [1, 1]
