"""How full the disk is on which the database keeps its files, as a service on the database's own machine says.

PostgreSQL itself does not tell, but to a superuser with an extension. A service that was told the folders
(`database_folders`) measures them and says so with its heartbeat; where none is told, it is not known.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from store.heartbeat import Heartbeat

# A service that said so longer ago than this says nothing of now.
FRESH_US: Final = 30 * 1_000_000


@dataclass(frozen=True, slots=True)
class Disk:
    """The fullest of what was measured. `free_bytes`: for whoever is not root. `by`: the instance that says so."""

    folder: str
    free_bytes: float
    size_bytes: float
    by: str = ""

    @property
    def share(self) -> float:
        """The part of it that is free, 0…1."""
        return self.free_bytes / self.size_bytes


def measured(folders: Sequence[Path]) -> Disk:
    """The fullest disk of those these folders are on; OSError when one cannot be looked at.

    May stand still for as long as the disk does: not for a thread that others wait for.
    """
    return min((_of(folder) for folder in folders), key=lambda one: one.share)


def said(disk: Disk) -> dict[str, object]:
    """As it stands in a heartbeat's detail, under `disk`."""
    return {"folder": disk.folder, "free": disk.free_bytes, "size": disk.size_bytes}


def latest(beats: Iterable[Heartbeat], now_us: int) -> Disk | None:
    """The fullest that services say now; None: none says anything. `now_us`: of the database."""
    fresh = (beat for beat in beats if now_us - beat.at_us < FRESH_US)
    found = [disk for beat in fresh if (disk := _heard(beat.detail.get("disk"), beat.instance)) is not None]
    return min(found, key=lambda one: one.share, default=None)


def _heard(word: Any, by: str) -> Disk | None:
    try:
        disk = Disk(str(word["folder"]), float(word["free"]), float(word["size"]), by)
    except (TypeError, KeyError, ValueError):  # not said, or by a release that says it otherwise
        return None
    return disk if disk.size_bytes > 0 else None


def _of(folder: Path) -> Disk:
    found = os.statvfs(folder)
    # What is kept for root is of no use to the database: of the rest, how much is left.
    usable = found.f_blocks - found.f_bfree + found.f_bavail
    return Disk(str(folder), float(found.f_bavail * found.f_frsize), float(max(1, usable) * found.f_frsize))
