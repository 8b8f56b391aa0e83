"""What a check found: how bad, about what, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """One part's state."""

    level: Level
    part: str
    text: str
    hint: str = ""

    def line(self) -> str:
        """As printed."""
        return f"{self.level:<4}  {self.part:<11}  {self.text}" + (f" – {self.hint}" if self.hint else "")
