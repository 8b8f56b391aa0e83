"""The disk the database is on, before it is full: then nothing can be saved, nor anybody asked about it."""

from __future__ import annotations

from typing import Final

from notifier.troubles import Trouble, standing
from store import data_disk, heartbeat
from store.data_disk import Disk
from store.pool import Connection
from telemetry.alarms import Priority
from telemetry.disk_limits import Limits
from telemetry.rota import Audience

CAUSE: Final = "database disk"
# What is told is over once so much more of it is free again: it is not told of anew with every megabyte.
BACK: Final = 0.02


def troubles(conn: Connection, limits: Limits, now_us: int) -> list[Trouble]:
    """That the fullest disk the services tell of is low (medium), or as good as full (high).

    Where nobody tells of any nothing is known: what stands goes on standing.
    """
    told = standing(conn, (CAUSE,))
    disk = data_disk.latest(heartbeat.every(conn), now_us)
    if disk is None:
        return told
    low = limits.low + (BACK if told else 0.0)
    if disk.share >= low:
        return []
    priority = Priority.HIGH if disk.share < limits.full else Priority.MEDIUM
    return [Trouble(CAUSE, "low", None, Audience.OPERATIONS, priority, _reason(disk))]


def _reason(disk: Disk) -> str:
    free = f"{disk.free_bytes / 1e9:.1f}"
    percent = f"{disk.share * 100:.0f}"
    return (
        f"the disk of the database has {free} GB free, {percent}% of it ({disk.folder}): make room before it is full, "
        "for then nothing can be saved"
    )
