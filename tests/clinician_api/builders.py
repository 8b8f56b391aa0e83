"""Small records for the tests of this folder."""

from __future__ import annotations

from typing import Any

from clinician_api.room import Entry
from telemetry.messages import LiveReading
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
    from clinician_api.views import moment

    view: dict[str, Any] = {
        "alert_id": alert_id, "unit": unit, "rule": "R07", "rule_version": "1", "title": "Needle may be out",
        "priority": "high", "state": "active, unacknowledged", "since": moment(NOW), "time": moment(NOW),
        "changed_at": moment(NOW),
        "reason": "venous pressure fell", "inputs": {"venous_pressure": 12.0}, "limits": {"venous_pressure": 20.0},
        "acknowledged_by": None, "acknowledged_at": None, "late": False,
    }  # fmt: skip
    return {**view, **fields}
