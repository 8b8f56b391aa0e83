"""What is not known is unknown, never good; the worst stands first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from clinician_api.administration.models import SystemPart
from clinician_api.administration.system_view import AUDIT_DUE_US, GONE_US, SILENT_US, TEST_DUE_US, parts
from store.audit_browse import Check
from store.backups import Stream
from store.data_disk import FRESH_US
from store.heartbeat import Heartbeat
from store.selftests import Broken, Overview
from store.system import System
from telemetry.disk_limits import Limits

NOW = 1_750_000_000_000_000
DISK = {"folder": "/var/lib/postgresql", "free": 4e10, "size": 1e11}
INGEST = Heartbeat("ingest", "i", NOW, {"shards": 64, "version": "1.0"})
NOTIFIER = Heartbeat("notifier", "n", NOW, {"version": "1.0", "disk": DISK})
API = Heartbeat("api", "a", NOW, {"version": "1.0"})
REGISTRAR = Heartbeat("registrar", "r", NOW, {"version": "1.0"})
HL7 = Heartbeat("hl7", "h", NOW, {"version": "1.0", "posts": 2})
WELL = System(
    NOW, [INGEST, NOTIFIER, API], 1e9, 10.0, 100.0, Stream(1, 0.0), 0.2, 0.9, 100, [("web push", 10.0, 0.0)],
    NOW + 90 * 86_400_000_000, 0.0, 0.0, 0.0, 3.0, Overview(0, NOW - 1, NOW, Broken.NOTHING, ""),
    Check(NOW - 2, NOW - 1, "os:x", 9, b"x", None, ""),
)  # fmt: skip


def standings(found: System | None, hears: bool = True, now_us: int = NOW) -> dict[str, str]:
    shown = parts(found, now_us, hears, "1.0")
    for part in shown:
        SystemPart.model_validate(part)
    order = [["bad", "unknown", "attention", "good"].index(part["standing"]) for part in shown]
    assert order == sorted(order)
    return {part["part"]: part["standing"] for part in reversed(shown)}


def test_all_is_well() -> None:
    found = standings(WELL)
    assert set(found.values()) == {"good"}
    assert len(found) == 15
    assert standings(replace(WELL, beats=[*WELL.beats, REGISTRAR]))["registrar"] == "good"
    assert standings(replace(WELL, beats=[*WELL.beats, HL7]))["hl7"] == "good"


def test_each_says_its_version_and_what_is_on_the_disk() -> None:
    shown = {part["part"]: part for part in parts(WELL, NOW, True, "1.0")}
    assert [shown[name]["version"] for name in ("ingest", "notifier", "api", "versions")] == ["1.0", "1.0", "1.0", None]
    assert (shown["versions"]["name"], shown["versions"]["figures"]) == ("1.0", {"running": 3.0})
    assert shown["disk"]["name"] == "/var/lib/postgresql"
    assert shown["disk"]["figures"] == {"free_bytes": 4e10, "size_bytes": 1e11}


@pytest.mark.parametrize(
    ("beats", "own", "said"),
    [
        ([INGEST, NOTIFIER, replace(API, detail={"version": "1.1"})], "1.0", "1.0, 1.1"),
        ([INGEST, NOTIFIER, API], "1.1", "1.0, 1.1"),
        ([replace(INGEST, detail={"shards": 64}), NOTIFIER, API], "1.0", "1.0, ?"),
    ],
)
def test_versions_that_differ_are_looked_at(beats: list[Heartbeat], own: str, said: str) -> None:
    (found,) = (part for part in parts(replace(WELL, beats=beats), NOW, True, own) if part["part"] == "versions")
    assert (found["standing"], found["name"]) == ("attention", said)


def test_the_version_of_who_is_gone_does_not_count() -> None:
    gone = Heartbeat("notifier", "old", NOW - SILENT_US, {"version": "0.9"})
    assert standings(replace(WELL, beats=[INGEST, NOTIFIER, gone, API]))["versions"] == "good"


@pytest.mark.parametrize(("free", "standing"), [(1.5e10, "good"), (1.4e10, "attention"), (4e9, "bad")])
def test_a_disk_is_low_before_it_is_full(free: float, standing: str) -> None:
    beat = replace(NOTIFIER, detail={"version": "1.0", "disk": {**DISK, "free": free}})
    assert standings(replace(WELL, beats=[INGEST, beat, API]))["disk"] == standing
    limits = Limits(low=0.9, full=0.8)
    (found,) = (part for part in parts(WELL, NOW, True, "1.0", limits) if part["part"] == "disk")
    assert found["standing"] == "bad", "as the settings say"


def test_without_the_database_nothing_is_good_but_what_needs_none() -> None:
    found = standings(None)
    assert found.pop("database") == "bad"
    assert found.pop("broker") == "good"
    assert set(found.values()) == {"unknown"}
    assert len(found) == 13


@pytest.mark.parametrize(
    ("part", "standing", "other"),
    [
        ("ingest", "unknown", {"beats": [NOTIFIER]}),
        ("ingest", "bad", {"beats": [replace(INGEST, at_us=NOW - SILENT_US)]}),
        ("ingest", "bad", {"beats": [replace(INGEST, detail={"shards": 60})]}),
        ("ingest", "bad", {"beats": [replace(INGEST, detail={"shards": 64, "broker": "no"})]}),
        ("ingest", "attention", {"beats": [INGEST, Heartbeat("ingest", "j", NOW - SILENT_US, {"shards": 9})]}),
        ("ingest", "good", {"beats": [INGEST, Heartbeat("ingest", "j", NOW - GONE_US - 1, {"shards": 9})]}),
        ("notifier", "bad", {"beats": [replace(NOTIFIER, at_us=NOW - SILENT_US)]}),
        ("notifier", "good", {"beats": [NOTIFIER, Heartbeat("notifier", "m", NOW - SILENT_US, {})]}),
        ("notifier", "unknown", {"beats": [INGEST]}), ("api", "unknown", {"beats": [INGEST]}),
        ("api", "bad", {"beats": [replace(API, at_us=NOW - SILENT_US)]}),
        ("registrar", "bad", {"beats": [replace(REGISTRAR, at_us=NOW - SILENT_US)]}),
        ("hl7", "bad", {"beats": [replace(HL7, at_us=NOW - SILENT_US)]}),
        ("disk", "unknown", {"beats": [INGEST, API]}),
        ("disk", "unknown", {"beats": [replace(NOTIFIER, at_us=NOW - FRESH_US)]}),
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
