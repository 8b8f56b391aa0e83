"""The rule engine's memory, saved in the transaction of the rows it has seen: a restart neither forgets nor repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from store.pool import AsyncConnection, Connection
from store.queries import arun, run
from store.values import storable_us


@dataclass(frozen=True, slots=True)
class EngineState:
    """A unit's snapshot and the time of the newest sample in it."""

    time_us: int
    state: bytes

    @property
    def fingerprint(self) -> int:
        """Tells it from every other snapshot; a number of this process only."""
        return hash((self.time_us, self.state))


def save(conn: Connection, states: Mapping[int, EngineState]) -> None:
    """Replace the snapshots of these units (by unit id)."""
    if not states:
        return
    units = sorted(states)
    columns = {
        "units": units,
        "times": [storable_us(states[unit].time_us) for unit in units],
        "states": [states[unit].state for unit in units],
    }
    run(conn, "save_engine_states", columns)


def load(conn: Connection, unit_ids: Sequence[int]) -> dict[int, EngineState]:
    """The snapshots there are."""
    rows = run(conn, "load_engine_states", {"units": list(unit_ids)})
    return {unit_id: EngineState(time_us, state) for unit_id, time_us, state in rows}


async def states(conn: AsyncConnection, unit_ids: Sequence[int]) -> dict[int, bytes]:
    """The snapshots there are, for the API, which only looks."""
    rows = await arun(conn, "load_engine_states", {"units": list(unit_ids)})
    return {unit_id: state async for unit_id, _, state in rows}
