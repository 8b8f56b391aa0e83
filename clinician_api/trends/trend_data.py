"""What the API asks of the store about trends: the part of `clinician_api.data` for those."""

from __future__ import annotations

from collections.abc import Callable

from store import pool, trends
from store.trends import Looked


class TrendData:
    """Beside `Data`, on its pool. Every method may raise StoreError, which becomes a 503."""

    def __init__(self, opened: Callable[[], pool.Pool]) -> None:
        self._opened = opened

    async def looked(self, patient_id: int, since_us: int, now_us: int) -> Looked | None:
        """A patient with treatments that began since then; None where there is none to be seen."""
        async with self._opened().connection() as conn:
            return await trends.read(conn, patient_id, since_us, now_us)
