"""Records to what a screen is told: times, ages, marks, numbers."""

from __future__ import annotations

import math
import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinician_api.live import views
from clinician_api.live.messages import AlertView
from telemetry.messages import Flag, MachineLink, Status
from telemetry.signals import CATALOGUE, COUNT
from tests.clinician_api.builders import NOW, SECOND, live_reading, unsaved_alert


def test_a_moment_is_utc() -> None:
    assert views.moment(1_700_000_000_000_000) == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


@given(st.integers(-(2**63), 2**63))
def test_any_time_a_device_can_claim_becomes_a_moment(time_us: int) -> None:
    assert 1970 <= views.moment(time_us).year <= 9999


def test_age_counts_from_when_it_was_taken() -> None:
    assert views.age_s(NOW + 5 * SECOND, NOW, NOW + SECOND) == 5.0


def test_a_value_stamped_in_the_future_grows_old_all_the_same() -> None:
    ahead = NOW + 3600 * SECOND
    assert views.age_s(NOW + 7 * SECOND, ahead, NOW) == 7.0


def test_age_is_never_negative() -> None:
    assert views.age_s(NOW, NOW + SECOND, NOW + SECOND) == 0.0


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_tidy_number_is_still_the_same_float32(value: float) -> None:
    # 7 significant digits keep what a machine shows; the seventh may round the last bit of a float32.
    assert views.tidy(value) == pytest.approx(value, rel=1e-6)


def test_a_float32_loses_its_false_digits() -> None:
    shown = [0.1, 14.05, 36.7, 630.0, -187.3]
    carried = struct.unpack("<5f", struct.pack("<5f", *shown))
    assert [views.tidy(value) for value in carried] == shown


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_none(value: float) -> None:
    assert views.tidy(value) is None


def test_a_reading_has_names_for_numbers() -> None:
    view = views.reading(live_reading(values={"venous_pressure": 120.5, "blood_flow": 300.0}, invalid=0b1100, flags=5))
    assert view["values"] == {"venous_pressure": 120.5, "blood_flow": 300.0}
    assert view["invalid"] == [CATALOGUE[2].name, CATALOGUE[3].name]
    assert view["flags"] == ["clock_synchronised", "late"]
    assert view["phase"] == "TX"


def test_what_a_newer_ingest_may_send_does_not_break_a_screen() -> None:
    live = live_reading(phase=99, flags=0xFF, invalid=2**63 - 1)
    live.values.update({COUNT: 1.0, 60: 2.0, 5: math.nan})
    view = views.reading(live)
    assert view["phase"] == "UNKNOWN"
    assert view["flags"] == [str(flag.name).lower() for flag in Flag]
    assert view["invalid"] == [signal.name for signal in CATALOGUE]
    assert view["values"] == {"venous_pressure": 120.0}


def test_a_status_of_a_box_that_never_came_up_is_complete() -> None:
    view = views.status(Status(1, "u-1", False, 0, outbox_rows=-3), NOW, None)
    assert view["machine"] == MachineLink.DISCONNECTED
    assert view["outbox_rows"] == 0
    assert view["outbox_oldest"] is None
    assert view["since"] == views.moment(NOW)
    assert view["heard_at"] is None


def test_a_status_says_what_troubles_the_box_and_when_it_was_heard() -> None:
    view = views.status(Status(1, "u-1", True, 0, trouble="disk full", rejected=7), NOW, NOW + SECOND)
    assert (view["trouble"], view["rejected"], view["heard_at"]) == ("disk full", 7, views.moment(NOW + SECOND))


def test_numbers_of_a_rule() -> None:
    assert views.numbers({"a": 1, "b": math.nan, "c": "x", "d": None}) == {"a": 1.0, "b": None, "c": None, "d": None}
    assert views.numbers(None) == {}


def test_an_unsaved_alert_is_described_as_an_alert_and_says_so() -> None:
    view = views.unsaved_alert(unsaved_alert(inputs={"venous_pressure": math.nan}), "Needle may be out", NOW + SECOND)
    assert AlertView.model_validate(view).unsaved
    assert (view["inputs"], view["changed_at"]) == ({"venous_pressure": None}, views.moment(NOW + SECOND))


def test_words_of_a_newer_ingest_do_not_make_an_alert_look_smaller() -> None:
    view = views.unsaved_alert(unsaved_alert(priority="utmost", state="doubtful"), "", NOW)
    assert (view["priority"], view["state"]) == ("high", "active, unacknowledged")
