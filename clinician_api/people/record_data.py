"""What the API asks of the store about the record of who did what, and who looked: a part of `clinician_api.data`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from store import audit, pool, treatment_queries
from store.audit import Deed, Looked


class RecordData:
    """Beside `Data`, on its pool. Every method may raise StoreError, which becomes a 503."""

    def __init__(self, opened: Callable[[], pool.Pool]) -> None:
        self._opened = opened

    async def clinic_of_patient(self, patient_id: int) -> tuple[int | None] | None:
        """The clinic of a patient (None in it: bound to none); None when there is no such patient."""
        async with self._opened().connection() as conn:
            exists, clinic_id = await treatment_queries.clinic_of_patient(conn, patient_id)
        return (clinic_id,) if exists else None

    async def who_looked(self, patient_id: int, before: int | None, limit: int) -> list[Looked]:
        """Rows of the record about a patient, the newest first."""
        async with self._opened().connection() as conn:
            return await audit.who_looked(conn, patient_id, before, limit)

    async def write_down(self, deeds: Sequence[Deed]) -> None:
        """Put all of these on record, or none."""
        async with self._opened().transaction() as conn:
            for deed in deeds:
                await audit.aappend(conn, deed)
