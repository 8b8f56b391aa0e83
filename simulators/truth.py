"""What a machine showed: one JSON object a line, one line per answered poll.

The values are what the wire carries, in our names and units: the answer itself is decoded, so rounding and clipping are
the protocol's own. What the wire cannot carry is not in the truth.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TextIO

from protocols.events import Observation
from telemetry.clock import MICROSECONDS
from telemetry.errors import HomehdError
from telemetry.treatment import Phase


class TruthFile:
    """An open truth file; lines are written through at once, so that a kill loses none that was answered."""

    def __init__(self, path: Path) -> None:
        try:
            self._file: TextIO = path.open("w", encoding="utf-8", buffering=1)
        except OSError as error:
            raise HomehdError("write truth", str(path), hint=error.strerror or str(error)) from error

    def write(self, entry: dict[str, Any]) -> None:
        """Add one line."""
        self._file.write(json.dumps(entry, separators=(",", ":")) + "\n")

    def close(self) -> None:
        """Close the file; more than once is harmless."""
        self._file.close()


def entry(time_us: int, seq: int, phase: Phase, shown: Observation) -> dict[str, Any]:
    """One truth line.

    Args:
        time_us: simulated wall time of the answer.
        seq: number of the answer, from 0.
        phase: what the machine was really doing, also where its protocol cannot say so.
        shown: the machine's own frame, decoded.
    """
    alarms = sorted((alarm.name, alarm.code, alarm.signal) for alarm in shown.alarms)
    return {
        "t": time_us / MICROSECONDS,
        "seq": seq,
        "phase": phase.name,
        "readings": shown.values,
        "invalid": shown.invalid,
        "alarms": [{"event": name, "code": code, "signal": signal} for name, code, signal in alarms],
    }
