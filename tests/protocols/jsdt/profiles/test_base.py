from __future__ import annotations

from protocols.jsdt.profile import Role
from protocols.jsdt.profiles.base import V1


def test_order_widths_and_length_are_the_protocol_s() -> None:
    assert "".join(entry.letter for entry in V1.fields) == "ABCDEFGHIJKabcdefgh"
    assert [entry.width for entry in V1.fields] == [5] * 11 + [1] * 8
    assert V1.length == 82
    assert not V1.says_phase


def test_only_ultrafiltration_is_in_litres() -> None:
    assert [entry.letter for entry in V1.fields if entry.litres] == ["A", "B", "C"]


def test_flags_are_the_events_of_the_guide() -> None:
    flags = {e.letter: (e.event, e.source) for e in V1.fields if e.role is Role.ALARM}
    assert flags == {
        "a": ("MDC_EVT_ALARM", "dialysate_temperature"),
        "b": ("MDC_EVT_ALARM", "dialysate_conductivity"),
        "c": ("MDC_EVT_ALARM", "venous_pressure"),
        "d": ("MDC_EVT_ALARM", "dialysate_pressure"),
        "e": ("MDC_EVT_ALARM", "transmembrane_pressure"),
        "f": ("MDC_EVT_HDIALY_SAFETY_VEN_AIR_DETECT", ""),
        "g": ("MDC_EVT_HDIALY_BLOOD_LEAK", ""),
        "h": ("MDC_EVT_HDIALY_SAFETY_SYSTEM_GENERAL", ""),
    }
