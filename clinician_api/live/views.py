"""Stored and wired records to what a screen is told. Pure: the time is handed in.

The shapes are those of `clinician_api.live.messages`; a test holds them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, Final

from telemetry.alarms import ConditionState, Priority
from telemetry.messages import Flag, LiveReading, Status, UnsavedAlert
from telemetry.signals import CATALOGUE, COUNT
from telemetry.treatment import Phase

View = dict[str, Any]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_US: Final = 253_402_300_799_000_000  # the last second of the year 9999
_PHASES: Final = {phase.value: phase.name for phase in Phase}
_FLAGS: Final = tuple((flag.value, str(flag.name).lower()) for flag in Flag)
_PRIORITIES: Final = {str(priority) for priority in Priority}
_STATES: Final = {str(state) for state in ConditionState}
_NAMES: Final = tuple(signal.name for signal in CATALOGUE)


def moment(time_us: int) -> datetime:
    """Microseconds since 1970 as a UTC time, held between 1970 and 9999 whatever a device's clock said."""
    return _EPOCH + timedelta(microseconds=min(max(time_us, 0), _LATEST_US))


def microseconds(time: datetime) -> int:
    """A time as microseconds since 1970."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def age_s(now_us: int, time_us: int, received_us: int) -> float:
    """Seconds since a value was taken, never negative.

    Counted from the earlier of when it was taken and when the server received it, so that a value stamped in the future
    does not look fresh for ever.
    """
    return max(0.0, round((now_us - min(time_us, received_us)) / 1e6, 3))


def flag_names(flags: int) -> list[str]:
    """The names of the marks set."""
    return [name for bit, name in _FLAGS if flags & bit]


def signal_names(mask: int) -> list[str]:
    """The names of the signals whose bits are set; bits beyond the catalogue are ignored."""
    return [_NAMES[n] for n in range(COUNT) if mask >> n & 1]


def tidy(value: float) -> float | None:
    """A float32 as the shortest decimal that means it (0.1, not 0.10000000149), or None when it is not a number."""
    return float(f"{value:.7g}") if isfinite(value) else None


def reading(live: LiveReading) -> View:
    """A `ReadingView` without its age, which is added when it is sent."""
    values = {_NAMES[n]: tidy(v) for n, v in live.values.items() if 0 <= n < COUNT}
    return {
        "unit": live.unit,
        "time": moment(live.time_us),
        "seq": live.seq,
        "phase": _PHASES.get(live.phase, Phase.UNKNOWN.name),
        "flags": flag_names(live.flags),
        "invalid": signal_names(live.invalid),
        "values": {name: value for name, value in values.items() if value is not None},
    }


def status(heard: Status, since_us: int, heard_us: int | None) -> View:
    """A `UnitStatus`."""
    return {
        "unit": heard.unit,
        "online": heard.online,
        "machine": heard.machine.value,
        "outbox_rows": max(0, heard.outbox_rows),
        "outbox_oldest": moment(heard.outbox_oldest_us) if heard.outbox_oldest_us > 0 else None,
        "synchronised": heard.synchronised,
        "thinned": max(0, heard.thinned),
        "rejected": max(0, heard.rejected),
        "trouble": heard.trouble,
        "config_serial": max(0, heard.config_serial),
        "config_trouble": heard.config_trouble,
        "certificate_until": moment(heard.certificate_until_us) if heard.certificate_until_us > 0 else None,
        "agent_version": heard.agent_version,
        "protocol": heard.protocol,
        "profile": heard.profile,
        "since": moment(since_us),
        "heard_at": None if heard_us is None else moment(heard_us),
    }


def unsaved_alert(alert: UnsavedAlert, title: str, changed_us: int) -> View:
    """An `AlertView` of an alert that is on no record, under an id made of its unit and rule."""
    return {
        "alert_id": f"unsaved-{alert.unit}-{alert.rule}",
        "unit": alert.unit,
        "rule": alert.rule,
        "rule_version": alert.rule_version,
        "title": title,
        # A word this version does not know (from a newer ingest) must not make an alert look smaller than it is.
        "priority": alert.priority if alert.priority in _PRIORITIES else str(Priority.HIGH),
        "state": alert.state if alert.state in _STATES else str(ConditionState.ACTIVE_UNACKNOWLEDGED),
        "since": moment(alert.since_us),
        "time": moment(alert.time_us),
        "changed_at": moment(changed_us),
        "reason": alert.reason,
        "inputs": numbers(alert.inputs),
        "limits": numbers(alert.limits),
        "acknowledged_by": None,
        "acknowledged_at": None,
        "late": False,
        "unsaved": True,
        "answer": None,
        "handled_at": None,
        "shelved_until": None,
        "shelved_by": None,
        "shelved_reason": None,
    }


def numbers(values: Mapping[str, Any] | None) -> dict[str, float | None]:
    """Inputs or limits of a rule: numbers stay, anything else is null."""
    return {
        str(name): tidy(float(value)) if isinstance(value, int | float) else None
        for name, value in (values or {}).items()
    }
