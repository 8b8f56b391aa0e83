"""When the disk on which the database keeps its files is low, and when as good as full. Known without a database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# Design defaults of ours: a disk of 100 GB is told of with days left at two gigabytes a day of a thousand homes.
LOW: Final = 0.15
FULL: Final = 0.05


@dataclass(frozen=True, slots=True)
class Limits:
    """Below which part free (0…1) a disk is low, and below which as good as full."""

    low: float = LOW
    full: float = FULL

    def __post_init__(self) -> None:
        """ValueError when it would be full before it is low."""
        if not 0 < self.full < self.low < 1:
            raise ValueError("expected 0 < database_disk_full < database_disk_low < 1")
