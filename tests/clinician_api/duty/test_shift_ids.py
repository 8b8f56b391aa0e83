from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rota.rotation import END_US
from alerts.rota.shifts import Shift
from clinician_api.duty.shift_ids import SeenShift, name_of, seen_in
from telemetry.rota import Source


@given(
    st.integers(1, 10**9 - 1), st.integers(0, END_US - 1), st.integers(1, END_US), st.none() | st.integers(1, 10**9 - 1)
)  # fmt: skip
def test_a_name_says_what_was_seen(rota_id: int, start: int, length: int, user_id: int | None) -> None:
    shift = Shift(start, min(start + length, END_US), user_id, Source.ROTATION)
    assert seen_in(name_of(rota_id, shift)) == SeenShift(rota_id, shift)


@pytest.mark.parametrize(
    "name", ["", "1-2-3", "1-3-2-1", "1-2-2-1", f"1-0-{END_US + 1}-1", "1-2-3-4-5", "a-1-2-3", "١-1-2-3"]
)
def test_what_is_none_is_none(name: str) -> None:
    with pytest.raises(ValueError, match="no "):
        seen_in(name)
