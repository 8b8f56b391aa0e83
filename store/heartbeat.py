"""Signs of life of the services, so that silence of one of them is a finding and not a quiet day.

The services are `ingest`, `notifier`, `api`, `registrar` and `hl7`. The detail of any of them (store/vital_signs.py):

- `version`: of the program; absent where the release before speaks, empty where it does not know.
- `disk`: of the disk the database's files are on, where it was told: `folder`, `free` and `size` in bytes.

The detail of service `hl7`: `posts` (int), how many works for receivers this instance has; one that stands by has none.

The detail of service `ingest`:

- `shards` (int): how many shards this instance owns. Ingest as a whole is alive when its fresh beats own all 64
  together; one that stands by owns none.
- `units` (int), `queue` (int): units of these shards, messages waiting.
- `storing`: "every message fails" while nothing it is sent can be stored; absent when it can.
- `silence`: "not judged" while the rules cannot tell who has fallen silent; absent when they can.
- `broker`: what keeps this instance from hearing its shards, in a person's words; absent when all is well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from psycopg.types.json import Jsonb

from store.pool import AsyncConnection, Connection
from store.queries import arun, run

KEPT_US: Final = 7 * 86_400_000_000


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The last sign of life of one instance of a service."""

    service: str
    instance: str
    at_us: int
    detail: Mapping[str, Any]


def beat(conn: Connection, service: str, instance: str, at_us: int, detail: Mapping[str, Any] | None = None) -> None:
    """Say that this instance lives. `detail` must be JSON and is nothing personal."""
    parameters = {"service": service, "instance": instance, "at": at_us, "detail": Jsonb(dict(detail or {}))}
    run(conn, "beat", parameters)


async def abeat(conn: AsyncConnection, service: str, instance: str, detail: Mapping[str, Any]) -> None:
    """The same for a task, by the database's own clock."""
    parameters = {"service": service, "instance": instance, "at": None, "detail": Jsonb(dict(detail))}
    await arun(conn, "beat", parameters)


def sweep(conn: Connection, now_us: int) -> None:
    """Forget instances that fell silent a week ago, a thousand at most: every start has made one."""
    run(conn, "sweep_beats", {"before": now_us - KEPT_US, "limit": 1000})


def every(conn: Connection) -> list[Heartbeat]:
    """Of every instance of every service, of each the one seen last first; 500 at most."""
    return [Heartbeat(*row) for row in run(conn, "every_beat")]


def beats(conn: Connection, service: str) -> list[Heartbeat]:
    """Of every instance of a service, the one seen last first."""
    return [Heartbeat(*row) for row in run(conn, "last_beats", {"service": service})]


async def last_beats(conn: AsyncConnection, service: str) -> list[Heartbeat]:
    """The same for a task."""
    return [Heartbeat(*row) async for row in await arun(conn, "last_beats", {"service": service})]
