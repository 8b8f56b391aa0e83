"""Which seqs of a unit's epoch are stored. Written in the transaction of the rows: exactly once follows from that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from store.pool import Connection
from store.queries import run

Range = tuple[int, int]
"""First and last, both inclusive."""
Key = tuple[int, str]
"""Unit id and epoch."""


def load(conn: Connection, unit_id: int, epoch: str) -> list[Range]:
    """The ranges stored, ascending, neither touching nor overlapping; empty when nothing is."""
    return load_many(conn, [(unit_id, epoch)])[unit_id, epoch]


def load_many(conn: Connection, keys: Iterable[Key]) -> dict[Key, list[Range]]:
    """The same for several; every key asked for is in the answer."""
    wanted = list(keys)
    found: dict[Key, list[Range]] = {key: [] for key in wanted}
    parameters = {"units": [unit for unit, _ in wanted], "epochs": [epoch for _, epoch in wanted]}
    for unit_id, epoch, first, last in run(conn, "load_received", parameters):
        found[unit_id, epoch].append((first, last))
    return found


def load_units(conn: Connection, unit_ids: Sequence[int]) -> dict[Key, list[Range]]:
    """Everything stored of these units: what a process that takes over a shard starts from."""
    found: defaultdict[Key, list[Range]] = defaultdict(list)
    for unit_id, epoch, first, last in run(conn, "load_received_of_units", {"units": list(unit_ids)}):
        found[unit_id, epoch].append((first, last))
    return dict(found)


def add(conn: Connection, ranges: Mapping[Key, Sequence[Range]]) -> None:
    """Add these seqs to those stored; any order, overlaps allowed. Units must exist (StoreError)."""
    keys = [key for key, pieces in ranges.items() if pieces]
    if not keys:
        return
    rows = [(*key, *piece) for key in keys for piece in ranges[key]]
    units, epochs, firsts, lasts = zip(*rows, strict=True)
    columns = {"units": _array(units), "epochs": list(epochs), "firsts": _array(firsts), "lasts": _array(lasts)}
    # A plain update costs half of INSERT … ON CONFLICT, which is needed only when an epoch is new.
    if run(conn, "update_received", columns).rowcount < len(keys):
        run(conn, "insert_received", columns)


def _array(numbers: Iterable[int]) -> str:
    """As PostgreSQL writes an array: the driver looks at every element of a list, which costs more than the update."""
    return f"{{{','.join(map(str, numbers))}}}"
