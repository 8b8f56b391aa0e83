"""What a load run is asked to do, and for which homes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from telemetry import topics
from telemetry.errors import SettingsError


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """One load run.

    Attributes:
        broker: mqtt:// or mqtts://[user:password@]host[:port].
        units: (unit id, shard) of every home; they must be provisioned, or ingest refuses them.
        hz: samples a second and home. seconds: how long new samples are sent.
        grace_s: how long to wait for the last acknowledgements. resend_s: unacknowledged for so long = sent again.
        truth: file for every row sent, or None.
    """

    broker: str
    units: tuple[tuple[str, int], ...]
    hz: float = 1.0
    seconds: float = 60.0
    seed: int = 1
    truth: Path | None = None
    grace_s: float = 30.0
    resend_s: float = 8.0


def default_units(homes: int) -> tuple[tuple[str, int], ...]:
    """(unit, shard) of `sim-0001` … with shards dealt round."""
    return tuple((f"sim-{i + 1:04d}", i % topics.SHARDS) for i in range(homes))


def read_units(path: Path) -> tuple[tuple[str, int], ...]:
    """Units from a file with `unit shard` on each line (# begins a comment); SettingsError with the line."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise SettingsError("read units", str(path), hint=error.strerror or str(error)) from error
    units = []
    for number, line in enumerate(lines, start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        valid = len(words) == 2 and topics.is_unit_id(words[0]) and words[1].isascii() and words[1].isdigit()
        if not valid or int(words[1]) >= topics.SHARDS:
            raise SettingsError("read units", f"{path}:{number}", hint="a line is: unit shard, as in k7m2qx4d 17")
        units.append((words[0], int(words[1])))
    return tuple(units)
