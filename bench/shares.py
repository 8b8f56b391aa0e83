"""Who uses the processor: seconds of every process of a run so far, by the part it is of. Linux only.

Of a run are its own process and what it started, and whoever names its folder (a database goes on by itself) with what
that started.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# The first whose words stand in the command line. A browser's page draws in the renderer, also without a graphics card.
PARTS: Final = (
    ("the page", "--type=renderer"),
    ("rest of the browser", "chrom"),
    ("ingest", "homehd ingest"),
    ("API", "homehd api"),
    ("agents", "homehd edge"),
    ("test bed", "homehd simulate"),
    ("broker", "mosquitto"),
    ("broker", "nats-server"),
    ("database", "postgres"),
)
TEST_BED: Final = "test bed"
_TICKS_S: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Process:
    """One line of /proc: its parent, its seconds, its command line."""

    parent: int
    used_s: float
    words: str


def used(folder: Path) -> dict[str, float]:
    """Processor seconds so far by part. What is of no other is the test bed's: this process, the browser's driver."""
    return by_part(processes(), os.getpid(), str(folder))


def by_part(found: dict[int, Process], own: int, folder: str) -> dict[str, float]:
    """The seconds of those of a run."""
    seconds = {part: 0.0 for part, _ in (*PARTS, (TEST_BED, ""))}
    for pid, process in found.items():
        if _is_of(found, pid, own, folder):
            part = next((name for name, words in PARTS if words in process.words), TEST_BED)
            seconds[part] += process.used_s
    return seconds


def processes() -> dict[int, Process]:
    """All that are to be seen; one that ends meanwhile is left out."""
    found = {}
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                fields = (place / "stat").read_text("utf-8", "replace").rpartition(") ")[2].split()
                words = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            found[int(place.name)] = Process(int(fields[1]), (int(fields[11]) + int(fields[12])) / _TICKS_S, words)
    return found


def _is_of(found: dict[int, Process], pid: int, own: int, folder: str) -> bool:
    while pid in found:
        if pid == own or folder in found[pid].words:
            return True
        pid = found[pid].parent
    return False
