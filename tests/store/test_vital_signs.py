"""What a service says of itself: its version always, its disk only while it can be measured."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

import pytest

from store import data_disk, vital_signs
from store.data_disk import Disk
from store.vital_signs import MEASURED_EVERY_S, STALE_S, VitalSigns, new_instance, own_version
from telemetry.clock import ManualClock
from tests.clinician_api.conftest import until

DISK = Disk("/d", 1.0, 4.0)


def told(signs: VitalSigns) -> dict[str, Any]:
    detail: Any = signs.detail()
    assert detail["version"] == own_version()
    return dict(detail)


def test_who_was_told_no_folder_says_nothing_of_a_disk() -> None:
    assert set(told(VitalSigns())) == {"version"}


def test_a_disk_is_measured_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, signs = ManualClock(), VitalSigns([tmp_path])
    until(lambda: "disk" in told(signs))
    assert told(signs)["disk"]["folder"] == str(tmp_path)
    measured: list[object] = []
    monkeypatch.setattr(data_disk, "measured", lambda folders: measured.append(folders) or DISK)
    signs = VitalSigns([tmp_path], clock)
    until(lambda: "disk" in told(signs))
    assert len(measured) == 1, "not with every beat"
    clock.advance(MEASURED_EVERY_S)
    signs.detail()
    until(lambda: len(measured) == 2)


def test_a_disk_that_stands_still_holds_nobody_up_and_is_not_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, goes_on = ManualClock(), threading.Event()
    signs = VitalSigns([tmp_path], clock)
    monkeypatch.setattr(data_disk, "measured", lambda _folders: DISK)
    until(lambda: "disk" in told(signs))
    asked: list[int] = []

    def stands_still(_folders: object) -> Disk:
        asked.append(1)
        goes_on.wait(20)
        return DISK

    monkeypatch.setattr(data_disk, "measured", stands_still)
    clock.advance(MEASURED_EVERY_S)
    assert "disk" in told(signs)
    clock.advance(STALE_S)
    assert "disk" not in told(signs)
    clock.advance(STALE_S)
    assert "disk" not in told(signs)
    assert len(asked) == 1, "it is not asked again before it has answered"
    goes_on.set()
    until(lambda: "disk" in told(signs))


def test_a_folder_that_is_not_there_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = ManualClock()
    signs = VitalSigns([tmp_path / "gone"], clock)
    with caplog.at_level(logging.WARNING, vital_signs.__name__):
        for _ in range(3):
            clock.advance(MEASURED_EVERY_S)
            assert "disk" not in told(signs)
            until(lambda: not signs._measuring)
    assert [record.message for record in caplog.records] == ["disk of the database not measured"]


def test_no_two_have_one_name() -> None:
    assert len({new_instance() for _ in range(100)}) == 100
