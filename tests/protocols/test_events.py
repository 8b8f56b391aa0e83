from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from protocols.events import Alarm, Observation, Rejected
from telemetry.treatment import Phase


def test_equal_alarms_are_one_alarm_in_a_set() -> None:
    again = Alarm("MDC_EVT_HDIALY_BLOOD_LEAK", 198244)
    assert {again} == {Alarm("MDC_EVT_HDIALY_BLOOD_LEAK", 198244, "", "")}
    assert again != Alarm("MDC_EVT_ALARM", 196616, "venous_pressure")


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (Observation(0, {}, {}, frozenset(), Phase.UNKNOWN, True, {}), "phase"),
        (Rejected(3, 4, "no frame header"), "offset"),
        (Alarm("MDC_EVT_ALARM", 196616), "name"),
    ],
)
def test_what_was_decoded_cannot_be_changed(event: object, field: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(event, field, None)
