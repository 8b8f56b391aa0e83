"""A control group with a limit of memory and of processor time, of either version. Needs root."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path("/sys/fs/cgroup")
PERIOD_US: Final = 100_000


@dataclass(frozen=True)
class Cage:
    """Where its figures are: one folder in version 2, one per controller in version 1."""

    memory: Path
    cpu: Path
    unified: bool

    def enter(self, pid: int) -> None:
        """Put a process into it."""
        for folder in {self.memory, self.cpu}:
            (folder / "cgroup.procs").write_text(str(pid))

    def peak_bytes(self) -> int:
        """The most memory it ever held, file pages included."""
        return int((self.memory / ("memory.peak" if self.unified else "memory.max_usage_in_bytes")).read_text())

    def kills(self) -> int:
        """How often the kernel killed for want of memory."""
        file = "memory.events" if self.unified else "memory.oom_control"
        fields = dict(line.split() for line in (self.memory / file).read_text().splitlines())
        return int(fields.get("oom_kill", 0))

    def throttled_share(self) -> float:
        """Share of periods in which it was made to wait, 0…1."""
        fields = dict(line.split() for line in (self.cpu / "cpu.stat").read_text().splitlines())
        return int(fields["nr_throttled"]) / max(1, int(fields["nr_periods"]))


def available() -> bool:
    """Whether this process may make one."""
    return os.geteuid() == 0 and os.access(ROOT if _unified() else ROOT / "memory", os.W_OK)


@contextmanager
def cage(name: str, memory_bytes: int, cpu_share: float) -> Iterator[Cage]:
    """Made, and removed when everybody is out."""
    unified = _unified()
    folders = [ROOT / name] if unified else [ROOT / "memory" / name, ROOT / "cpu" / name]
    for folder in folders:
        folder.mkdir()
    made = Cage(folders[0], folders[-1], unified)
    quota = round(cpu_share * PERIOD_US)
    try:
        if unified:
            (folders[0] / "memory.max").write_text(str(memory_bytes))
            (folders[0] / "cpu.max").write_text(f"{quota} {PERIOD_US}")
        else:
            (made.memory / "memory.limit_in_bytes").write_text(str(memory_bytes))
            (made.cpu / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (made.cpu / "cpu.cfs_quota_us").write_text(str(quota))
        yield made
    finally:
        for folder in folders:
            with suppress(OSError):  # a process that is still leaving: the next boot takes it away
                folder.rmdir()


def _unified() -> bool:
    return (ROOT / "cgroup.controllers").exists()
