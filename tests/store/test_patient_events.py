"""What people wrote: in order, within a span, corrected once, and by nobody else's entry."""

from __future__ import annotations

import pytest

from store import patient_events, patients, pool
from store.errors import StoreError
from store.patient_events import EventKind
from store.pool import Connection

NOTE = EventKind.NOTE


async def test_kept_in_order_and_corrected_once(conn: Connection, database_url: str) -> None:
    ada, bo = (patients.add_patient(conn, name, None, patients.Prescription()) for name in ("Ada", "Bo"))
    opened = await pool.open_pool(database_url, size=1)
    try:
        async with opened.connection() as found:
            first = await patient_events.add(found, ada, NOTE, (10, None), "a\0b", None, None, 20)
            assert first is not None
            assert await patient_events.exists(found, ada, first, NOTE)
            assert not await patient_events.exists(found, bo, first, NOTE)
            second = await patient_events.add(found, ada, NOTE, (10, 15), "c", None, first, 21)
            assert await patient_events.add(found, ada, NOTE, (10, None), "d", None, first, 22) is None
            seen = await patient_events.events(found, ada, 0, 100, 10)
            assert [(one.event_id, one.corrects, one.corrected_by) for one in seen] == [
                (second, first, None), (first, None, second),
            ]  # fmt: skip
            assert (seen[1].text, seen[1].author, seen[1].entered_us) == ("a\ufffdb", None, 20)
            assert [one.event_id for one in await patient_events.events(found, ada, 12, 100, 10)] == [second]
            assert second is not None
            after = await patient_events.events(found, ada, 0, 100, 10, (10, second))
            assert [one.event_id for one in after] == [first]
            with pytest.raises(StoreError):
                await patient_events.add(found, bo, NOTE, (10, None), "another's", None, second, 23)
    finally:
        await opened.close()
