"""`homehd decode` on what an HL7 machine said."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from homehd.decode import run

CASES = sorted((Path(__file__).resolve().parents[1] / "testcases").glob("hl7-*"))


def decode(data: bytes) -> tuple[int, list[str], list[str]]:
    out, err = io.StringIO(), io.StringIO()
    code = run("hl7_dialysis", "rev4", io.BytesIO(data), out, err)
    return code, out.getvalue().splitlines(), err.getvalue().splitlines()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_recorded_cases_print_what_they_are_expected_to(case: Path) -> None:
    code, out, err = decode((case / "capture.bin").read_bytes())
    assert out == (case / "expected.jsonl").read_text("utf-8").splitlines()
    assert err == re.findall(r"^offset .*$", (case / "note.md").read_text("utf-8"), re.M)
    assert code == (1 if err else 0)


def test_there_are_cases() -> None:
    assert len(CASES) >= 3


def test_an_alarm_is_seen_to_begin_stand_and_end() -> None:
    (case,) = (case for case in CASES if case.name == "hl7-rev4-contradictions")
    _, out, _ = decode((case / "capture.bin").read_bytes())
    seen: list[Any] = [json.loads(line) for line in out]
    assert [[(a["event"], a["signal"]) for a in line["alarms"]] for line in seen] == [
        [],
        [("MDC_EVT_LO", "venous_pressure")],
        [("MDC_EVT_LO", "venous_pressure")],
        [("MDC_EVT_LO", "venous_pressure"), ("MDC_EVT_HDIALY_BLD_PUMP_STOP", "")],
        [("MDC_EVT_HDIALY_BLD_PUMP_STOP", "")],
        [],
    ]
    assert seen[0]["readings"]["online_spktv"] == 1.21 and seen[0]["readings"]["ultrafiltration_rate"] == 630.0
