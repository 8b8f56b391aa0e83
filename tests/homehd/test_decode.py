from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from homehd.decode import run
from telemetry.errors import HomehdError, SettingsError

PROTOCOLS = {"jsdt-": "jsdt", "mqtt-gateway-": "mqtt_gateway", "gambro-ak-": "gambro_ak"}
CASES = sorted(
    case for prefix in PROTOCOLS for case in (Path(__file__).resolve().parents[1] / "testcases").glob(f"{prefix}*")
)
GOOD = b"K1082A02.50B01.20C00.63D00300E001.0F036.5G014.0H00140I00040J00100K00115a0b0c0d0e0f0g0h03b\r\n"
ALARM = b"K1082A02.50B01.20C00.63D00300E001.0F036.5G014.0H00275I00040J00100K00115a0b0c1d0e0f0g0h045\r\n"


def decode(data: bytes, profile: str = "v1", protocol: str = "jsdt") -> tuple[int, list[str], list[str]]:
    out, err = io.StringIO(), io.StringIO()
    code = run(protocol, profile, io.BytesIO(data), out, err)
    return code, out.getvalue().splitlines(), err.getvalue().splitlines()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_recorded_cases_print_what_they_are_expected_to(case: Path) -> None:
    note = (case / "note.md").read_text("utf-8")
    profile = re.search(r"Profile: `([^`]+)`", note)
    assert profile is not None
    protocol = next(name for prefix, name in PROTOCOLS.items() if case.name.startswith(prefix))
    code, out, err = decode((case / "capture.bin").read_bytes(), profile[1], protocol)
    assert out == (case / "expected.jsonl").read_text("utf-8").splitlines()
    assert err == re.findall(r"^offset .*$", note, re.M)
    assert code == (1 if err else 0)


def test_a_file_with_good_corrupted_and_noise(tmp_path: Path) -> None:
    recording = tmp_path / "line.bin"
    recording.write_bytes(GOOD + GOOD.replace(b"D00300", b"D00800") + ALARM + b"\xffnoise" + GOOD[:30])
    out, err = io.StringIO(), io.StringIO()
    with recording.open("rb") as stream:
        assert run("jsdt", "v1", stream, out, err) == 1
    first, second = map(json.loads, out.getvalue().splitlines())
    assert first["offset"] == 0
    assert first["readings"]["ultrafiltration_rate"] == 630.0
    assert (first["alarms"], first["phase"], first["phase_derived"], first["invalid"]) == ([], "TX", True, {})
    assert second["offset"] == 2 * len(GOOD)
    assert second["alarms"] == [
        {"event": "MDC_EVT_ALARM", "code": 196616, "signal": "venous_pressure", "text": "Venous pressure"}
    ]
    assert err.getvalue().splitlines() == [
        "offset 91: 91 bytes rejected: checksum 3b, computed 40",
        "offset 273: 6 bytes rejected: no frame header",
        "offset 279: 30 bytes rejected: ends after 30 of 89 bytes",
    ]


def test_nothing_rejected_is_success() -> None:
    assert decode(GOOD + ALARM[:-2])[::2] == (0, [])
    assert decode(b"") == (0, [], [])


def test_output_is_a_json_object_a_line_whatever_the_bytes() -> None:
    stray = bytes(range(256)) * 3 + GOOD + b"\n\x1b[31m"
    code, out, err = decode(stray)
    assert code == 1
    assert [json.loads(line)["offset"] for line in out] == [768]
    assert all(line.isprintable() for line in err)


def test_a_recording_larger_than_one_read() -> None:
    code, out, err = decode(GOOD * 500)
    assert (code, len(out), err) == (0, 500, [])


def test_unknown_names_are_settings_errors_that_list_the_known() -> None:
    with pytest.raises(SettingsError, match="known: v1, nikkiso-v2, toray-tr8000, toray-tr321"):
        decode(GOOD, "tr9000")
    with pytest.raises(SettingsError, match="known: jsdt"):
        run("modbus", "v1", io.BytesIO(), io.StringIO(), io.StringIO())


def test_a_line_that_breaks_is_one_clear_error() -> None:
    class Unplugged(io.BytesIO):
        name = "/dev/ttyUSB0"

        def read1(self, size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(HomehdError) as error:
        run("jsdt", "v1", cast(BinaryIO, Unplugged()), io.StringIO(), io.StringIO())
    assert error.value.line() == "read machine bytes: /dev/ttyUSB0 – Input/output error"
    assert error.value.exit_code == 1
