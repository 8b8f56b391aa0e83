"""Which shards are ours: what was asked for, and what of it the database lets us have."""

from __future__ import annotations

import re
from typing import Final

from telemetry import topics
from telemetry.errors import SettingsError

ALL: Final = frozenset(range(topics.SHARDS))
_PIECE: Final = re.compile(r"([0-9]{1,2})(?:-([0-9]{1,2}))?")


def parse(text: str) -> frozenset[int]:
    """Shards from words like "0-63" or "0-3,8"; SettingsError for anything else."""
    shards: set[int] = set()
    for piece in text.split(","):
        match = _PIECE.fullmatch(piece.strip())
        if match is None:
            raise _error(text)
        chosen = range(int(match[1]), int(match[2] or match[1]) + 1)
        if not chosen or chosen[-1] >= topics.SHARDS:
            raise _error(text)
        shards.update(chosen)
    return frozenset(shards)


def _error(text: str) -> SettingsError:
    hint = f'numbers and ranges of 0…{topics.SHARDS - 1}, for example "0-63" or "0-3,8"'
    return SettingsError("read --shards", repr(text[:80]), hint=hint)
