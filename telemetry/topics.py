"""MQTT topics: build, parse, patterns.

`hhd/1/<shard>/<unit>/<direction>` between a home and the cloud (up, status, csr: from the home; down, config: to it),
`live/1/<shard>` from ingest to the API, `notify/1/sent` among notifiers while the database is away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from telemetry.errors import WireError

SHARDS: Final = 64
Direction = Literal["up", "status", "csr", "down", "config"]
_UNIT: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,31}")
_HOME: Final = re.compile(r"hhd/1/(0|[1-9][0-9]?)/([a-z0-9][a-z0-9-]{1,31})/(up|status|csr|down|config)")

_LIVE: Final = re.compile(r"live/1/([0-9]{1,2})")

LIVE_PATTERN: Final = "live/1/+"
SENT: Final = "notify/1/sent"
# A fleet says the same few topics over and over; 20 MB when somebody makes up others.
_REMEMBERED: Final = 65_536


@dataclass(frozen=True, slots=True)
class HomeTopic:
    """A parsed `hhd/1/…` topic."""

    shard: int
    unit: str
    direction: Direction


def is_unit_id(text: str) -> bool:
    """Whether `text` may name a unit: 2…32 lower-case letters, digits and hyphens, so no MQTT wildcard fits in."""
    return _UNIT.fullmatch(text) is not None


def home(shard: int, unit: str, direction: Direction) -> str:
    """The topic of one unit in one direction; WireError for a shard or unit that cannot be."""
    if not 0 <= shard < SHARDS:
        raise WireError("build topic", f"shard {shard}", hint=f"shards are 0…{SHARDS - 1}")
    if not is_unit_id(unit):
        raise WireError("build topic", f"unit {unit!r}", hint="2…32 of a-z, 0-9 and -")
    return f"hhd/1/{shard}/{unit}/{direction}"


def shard_pattern(shard: int, direction: Direction) -> str:
    """Subscription for all units of one shard in one direction."""
    return f"hhd/1/{shard}/+/{direction}"


def live(shard: int) -> str:
    """The topic of one shard's live frames."""
    return f"live/1/{shard}"


@lru_cache(_REMEMBERED)
def parse_home(topic: str) -> HomeTopic:
    """The parts of a home topic; WireError when it is not one."""
    match = _HOME.fullmatch(topic)
    if match is None or int(match[1]) >= SHARDS:
        raise WireError(
            "parse topic", repr(topic[:80]), hint="expected hhd/1/<shard>/<unit>/<up|status|csr|down|config>"
        )
    return HomeTopic(int(match[1]), match[2], match[3])  # type: ignore[arg-type]


def parse_live(topic: str) -> int:
    """The shard of a topic of live frames; WireError when it is not one."""
    match = _LIVE.fullmatch(topic)
    if match is None or int(match[1]) >= SHARDS:
        raise WireError("parse topic", repr(topic[:80]), hint="expected live/1/<shard>")
    return int(match[1])
