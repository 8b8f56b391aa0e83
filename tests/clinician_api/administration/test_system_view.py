"""What is not known is unknown, never good; the worst stands first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from clinician_api.administration.models import SystemPart
from clinician_api.administration.system_view import AUDIT_DUE_US, GONE_US, SILENT_US, TEST_DUE_US, parts
from store.audit_browse import Check
from store.backups import Stream
from store.heartbeat import Heartbeat
from store.selftests import Broken, Overview
from store.system import System

NOW = 1_750_000_000_000_000
INGEST = Heartbeat("ingest", "i", NOW, {"shards": 64})
NOTIFIER = Heartbeat("notifier", "n", NOW, {})
WELL = System(
    NOW, [INGEST, NOTIFIER], 1e9, 10.0, 100.0, Stream(1, 0.0), 0.2, 0.9, 100, [("web push", 10.0, 0.0)],
    NOW + 90 * 86_400_000_000, 0.0, 0.0, 0.0, 3.0, Overview(0, NOW - 1, NOW, Broken.NOTHING, ""),
    Check(NOW - 2, NOW - 1, "os:x", 9, b"x", None, ""),
)  # fmt: skip


def standings(found: System | None, hears: bool = True, now_us: int = NOW) -> dict[str, str]:
    shown = parts(found, now_us, hears)
    for part in shown:
        SystemPart.model_validate(part)
    order = [["bad", "unknown", "attention", "good"].index(part["standing"]) for part in shown]
    assert order == sorted(order)
    return {part["part"]: part["standing"] for part in reversed(shown)}


def test_all_is_well_but_for_the_disk_nobody_can_see() -> None:
    found = standings(WELL)
    assert found.pop("disk") == "unknown"
    assert set(found.values()) == {"good"}
    assert len(found) == 12


def test_without_the_database_nothing_is_good_but_what_needs_none() -> None:
    found = standings(None)
    assert found.pop("database") == "bad"
    assert found.pop("broker") == "good"
    assert set(found.values()) == {"unknown"}
    assert len(found) == 11


@pytest.mark.parametrize(
    ("part", "standing", "other"),
    [
        ("ingest", "unknown", {"beats": [NOTIFIER]}),
        ("ingest", "bad", {"beats": [replace(INGEST, at_us=NOW - SILENT_US)]}),
        ("ingest", "bad", {"beats": [replace(INGEST, detail={"shards": 60})]}),
        ("ingest", "bad", {"beats": [replace(INGEST, detail={"shards": 64, "broker": "no"})]}),
        ("ingest", "attention", {"beats": [INGEST, Heartbeat("ingest", "j", NOW - SILENT_US, {"shards": 9})]}),
        ("ingest", "good", {"beats": [INGEST, Heartbeat("ingest", "j", NOW - GONE_US - 1, {"shards": 9})]}),
        ("notifier", "unknown", {"beats": [INGEST]}),
        ("notifier", "bad", {"beats": [replace(NOTIFIER, at_us=NOW - SILENT_US)]}),
        ("notifier", "good", {"beats": [NOTIFIER, Heartbeat("notifier", "m", NOW - SILENT_US, {})]}),
        ("database", "attention", {"connections": 80.0}), ("database", "bad", {"connections": 95.0}),
        ("backup", "unknown", {"stream": Stream(0, 0.0)}), ("backup", "bad", {"stream": Stream(0, 5.0)}),
        ("backup", "attention", {"stream": Stream(1, 2e9)}),
        ("lag", "unknown", {"p50_s": None, "p99_s": None}), ("lag", "attention", {"p99_s": 9.0}),
        ("selftest", "unknown", {"selftest": None}),
        ("selftest", "bad", {"selftest": Overview(0, NOW, NOW, Broken.BROKER, "")}),
        ("selftest", "unknown", {"selftest": Overview(0, NOW - TEST_DUE_US - 1, NOW, Broken.NOTHING, "")}),
        ("channels", "unknown", {"channels": []}), ("channels", "bad", {"channels": [("screen", 2.0, 2.0)]}),
        ("channels", "attention", {"channels": [("screen", 2.0, 1.0)]}),
        ("certificates", "unknown", {"certificate_us": None}), ("certificates", "bad", {"certificate_us": NOW - 1}),
        ("certificates", "attention", {"certificate_us": NOW + 1}),
        ("certificates", "attention", {"units_ending": 1.0}),
        ("quarantine", "attention", {"quarantined": 1.0}), ("clocks", "attention", {"unsynchronised": 1.0}),
        ("clocks", "bad", {"now_us": NOW + 3_000_000, "beats": []}),
        ("audit", "unknown", {"audit": None}),
        ("audit", "bad", {"audit": Check(0, NOW, "os:x", 3, b"", 4, "missing")}),
        ("audit", "unknown", {"audit": Check(0, NOW - AUDIT_DUE_US - 1, "os:x", 3, b"", None, "")}),
    ],
)  # fmt: skip
def test_each_part_as_it_is(part: str, standing: str, other: dict[str, Any]) -> None:
    assert standings(replace(WELL, **other))[part] == standing


def test_without_live_frames_the_way_to_screens_is_broken() -> None:
    assert standings(WELL, hears=False)["broker"] == "bad"
