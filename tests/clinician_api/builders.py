"""Small records for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinician_api.live.room import Entry
from store.history import Buckets
from telemetry.messages import LiveReading, UnsavedAlert
from telemetry.signals import BY_NAME

NOW = 1_700_000_000_000_000
SECOND = 1_000_000


def entry(number: int = 1, *, clinic: int | None = 1, patient: str | None = "Ada Example") -> Entry:
    return Entry(
        number, f"u-{number}", f"Home {number}", clinic, None if clinic is None else f"Clinic {clinic}", patient
    )


def live_reading(unit: str = "u-1", at_s: float = 0.0, **fields: Any) -> LiveReading:
    """A reading taken `at_s` seconds after NOW and received 100 ms later."""
    values = {BY_NAME[name].number: value for name, value in fields.pop("values", {"venous_pressure": 120.0}).items()}
    time_us = NOW + int(at_s * SECOND)
    row: dict[str, Any] = {
        "unit": unit, "time_us": time_us, "received_us": time_us + 100_000, "seq": int(at_s), "phase": 3, "flags": 1,
        "invalid": 0, "values": values,
    }  # fmt: skip
    return LiveReading(**{**row, **fields})


def alert_view(alert_id: str = "7", unit: str = "u-1", **fields: Any) -> dict[str, Any]:
    from clinician_api.live.views import moment

    view: dict[str, Any] = {
        "alert_id": alert_id, "unit": unit, "rule": "R07", "rule_version": "1", "title": "Needle may be out",
        "priority": "high", "state": "active, unacknowledged", "since": moment(NOW), "time": moment(NOW),
        "changed_at": moment(NOW),
        "reason": "venous pressure fell", "inputs": {"venous_pressure": 12.0}, "limits": {"venous_pressure": 20.0},
        "acknowledged_by": None, "acknowledged_at": None, "late": False, "unsaved": False,
        "answer": None, "handled_at": None, "shelved_until": None, "shelved_by": None, "shelved_reason": None,
    }  # fmt: skip
    return {**view, **fields}


def unsaved_alert(unit: str = "u-1", rule: str = "R07", **fields: Any) -> UnsavedAlert:
    """What ingest says of an alert that began at NOW and could not be saved."""
    row: dict[str, Any] = {
        "unit": unit, "rule": rule, "rule_version": "1", "priority": "high", "state": "active, unacknowledged",
        "since_us": NOW, "time_us": NOW, "reason": "venous pressure fell", "inputs": {"venous_pressure": 12.0},
        "limits": {"venous_pressure": 20.0},
    }  # fmt: skip
    return UnsavedAlert(**{**row, **fields})


def bucketed(times_us: Sequence[int], width_us: int, start_us: int = 0, late: Sequence[int] = ()) -> Buckets:
    """Rows at these times (in order, numbered from 0) as the store reduces them, without any signal.

    `late`: places of rows that came late.
    """
    rows: dict[int, list[int]] = {}
    for place, at in enumerate(times_us):
        rows.setdefault((at - start_us) // width_us, []).append(place)
    groups = list(rows.values())
    lates = set(late)

    def column(of: Callable[[list[int]], int]) -> NDArray[np.int64]:
        return np.array([of(group) for group in groups], np.int64)

    return Buckets(
        width_us=width_us,
        start_us=np.array([start_us + n * width_us for n in rows], np.int64),
        first_us=column(lambda group: times_us[group[0]]),
        last_us=column(lambda group: times_us[group[-1]]),
        readings=column(len),
        late=column(lambda group: len(lates.intersection(group))),
        corrected=column(lambda group: 0),
        invalid=column(lambda group: 0),
        first_seq=column(lambda group: group[0]),
        last_seq=column(lambda group: group[-1]),
        series={},
    )
