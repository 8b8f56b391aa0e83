from __future__ import annotations

import json
from pathlib import Path

import pytest

from protocols.events import Alarm, Observation
from simulators.truth import TruthFile, entry
from telemetry.errors import HomehdError
from telemetry.treatment import Phase


def test_a_line_says_what_was_shown_and_what_was_so(tmp_path: Path) -> None:
    shown = Observation(
        offset=0,
        values={"venous_pressure": 150.0},
        invalid={"dialysate_temperature": "099.9"},
        alarms=frozenset({Alarm("MDC_EVT_HDIALY_BLOOD_LEAK", 198244)}),
        phase=Phase.UNKNOWN,
        phase_derived=True,
        extras={},
    )
    truth = TruthFile(tmp_path / "truth")
    truth.write(entry(1_700_000_000_250_000, 7, Phase.PRETX, shown))
    assert json.loads((tmp_path / "truth").read_text()) == {  # readable at once, before the file is closed
        "t": 1_700_000_000.25,
        "seq": 7,
        "phase": "PRETX",
        "readings": {"venous_pressure": 150.0},
        "invalid": {"dialysate_temperature": "099.9"},
        "alarms": [{"event": "MDC_EVT_HDIALY_BLOOD_LEAK", "code": 198244, "signal": ""}],
    }
    truth.close()
    truth.close()


def test_a_file_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(HomehdError, match="write truth"):
        TruthFile(tmp_path / "no" / "truth")
