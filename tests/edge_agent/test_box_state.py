"""Lights and words for every state of the box, and nothing about a person in any of them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from edge_agent import box_state
from edge_agent.box_state import BoxState, Lamp, Light, lamps, worst
from telemetry.messages import MachineLink

NOW = 1_767_225_600_000_000
GOOD = BoxState(
    version="0.1.0", taken_us=NOW, uptime_s=7200.0, machine=MachineLink.CONNECTED, reading_age_s=1.0, outbox_rows=3,
    outbox_share=0.01, lost=0, rejected=0, trouble="", broker="", synchronised=True,
    certificate_until_us=NOW + 60 * box_state.DAY_US,
)  # fmt: skip


def lamp(part: str, **changes: Any) -> Lamp:
    found = lamps(msgspec.structs.replace(GOOD, **changes), NOW)
    return next(lamp for lamp in found if lamp.part == part)


def test_all_is_well() -> None:
    found = lamps(GOOD, NOW)
    assert worst(found) is Light.GREEN
    assert [lamp.part for lamp in found] == [
        "agent", "machine", "clinic", "waiting to be sent", "disk", "clock", "certificate", "settings",
    ]  # fmt: skip
    assert not any(lamp.hint for lamp in found)


@pytest.mark.parametrize(
    ("part", "changes", "light", "words"),
    [
        ("agent", {"taken_us": NOW - 16_000_000}, Light.RED, "has not answered for 16 s"),
        ("machine", {"machine": MachineLink.DISCONNECTED}, Light.RED, "not connected"),
        ("machine", {"machine": MachineLink.SILENT}, Light.AMBER, "does not answer"),
        ("machine", {"machine": MachineLink.GARBLED}, Light.RED, "cannot be understood"),
        ("machine", {"reading_age_s": None}, Light.AMBER, "none yet"),
        ("machine", {"reading_age_s": 300.0}, Light.AMBER, "the last 5 min ago"),
        ("clinic", {"broker": "refused: Not authorized"}, Light.RED, "Not authorized"),
        ("clinic", {"broker": "not connected yet", "uptime_s": 5.0}, Light.AMBER, "connecting"),
        ("waiting to be sent", {"outbox_rows": 90_000}, Light.AMBER, "90000 rows"),
        ("waiting to be sent", {"outbox_rows": 9, "outbox_share": 0.95}, Light.RED, "95%"),
        (
            "waiting to be sent",
            {"rejected": 2, "rejected_age_s": 300.0},
            Light.AMBER,
            "2 set aside, the last 5 min ago",
        ),
        ("waiting to be sent", {"rejected": 2, "rejected_age_s": 86_401.0}, Light.GREEN, "2 set aside"),
        ("disk", {"trouble": "append to outbox: disk full"}, Light.RED, "disk full"),
        ("disk", {"lost": 12}, Light.GREEN, "12 readings"),
        ("clock", {"synchronised": False}, Light.AMBER, "not known"),
        ("certificate", {"certificate_until_us": NOW - 1}, Light.RED, "has ended"),
        ("certificate", {"certificate_until_us": NOW + 3 * box_state.DAY_US}, Light.AMBER, "ends in 3 days"),
        ("certificate", {"certificate_until_us": NOW - 1, "synchronised": False}, Light.AMBER, "cannot be judged"),
        ("settings", {"config_serial": 7, "config_trouble": "machine.port"}, Light.AMBER, "version 7"),
    ],
)
def test_every_trouble_has_its_light_and_its_words(
    part: str, changes: dict[str, Any], light: Light, words: str
) -> None:
    found = lamp(part, **changes)
    assert found.light is light
    assert words in found.text
    assert worst(lamps(msgspec.structs.replace(GOOD, **changes), NOW)) is light


def test_a_box_without_a_certificate_has_no_light_for_it() -> None:
    assert "certificate" not in [
        lamp.part for lamp in lamps(msgspec.structs.replace(GOOD, certificate_until_us=0), NOW)
    ]


def test_there_is_no_place_for_a_person_or_a_measurement() -> None:
    assert set(BoxState.__struct_fields__) == {
        "version", "taken_us", "uptime_s", "machine", "reading_age_s", "outbox_rows", "outbox_share", "lost",
        "rejected", "trouble", "broker", "synchronised", "certificate_until_us", "config_serial", "config_trouble",
        "rejected_age_s",
    }  # fmt: skip


def test_the_summary_is_one_line() -> None:
    assert box_state.summary(GOOD) == "machine connected; broker connected; 3 rows wait"
    bad = msgspec.structs.replace(GOOD, broker="timed out", trouble="disk full", outbox_rows=70)
    assert (
        box_state.summary(bad) == "machine connected; broker no connection (timed out); 70 rows wait; disk: disk full"
    )
