"""A patient's last treatments minute by minute, for comparing one with the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from store import history
from store.minutes import MINUTE_US
from store.pool import AsyncConnection
from store.queries import arun
from store.values import storable_us

# No treatment is longer; one whose end a lost machine has put far off is cut.
MAX_MINUTES: Final = 600


@dataclass(frozen=True, slots=True)
class Ended:
    """A treatment that is over. `revision` rises when it or the rows under it change."""

    treatment_id: int
    revision: int
    unit_id: int
    start_us: int
    end_us: int


async def last(conn: AsyncConnection, patient_id: int, before_us: int, count: int) -> list[Ended]:
    """The last treatments of a patient that are over and began before a time, newest first."""
    parameters = {"patient": patient_id, "before": storable_us(before_us), "limit": count}
    return [Ended(*row) async for row in await arun(conn, "usual_treatments", parameters)]


async def minutes(conn: AsyncConnection, one: Ended, names: Sequence[str]) -> NDArray[np.float32]:
    """Means by signal and minute of a treatment, from the minute in which it began; NaN where nothing valid is stored.

    StoreError as of `store.history.buckets`.
    """
    start_us = one.start_us // MINUTE_US * MINUTE_US
    count = min(MAX_MINUTES, -(-(one.end_us + 1 - start_us) // MINUTE_US))
    found = await history.buckets(conn, one.unit_id, names, start_us, start_us + count * MINUTE_US, count)
    means = np.full((len(names), count), np.nan, np.float32)
    places = ((found.start_us - start_us) // MINUTE_US).astype(np.intp)
    for row, name in enumerate(names):
        means[row, places] = found.series[name].mean
    return means
