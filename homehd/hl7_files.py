"""A treatment as HL7 messages, from the store to a file."""

from __future__ import annotations

import secrets

from courier.making import Titles
from interop.hl7.export import Rules, messages
from store import pool, treatment_record


async def treatment(url: str, treatment_id: int, now_us: int, *, names: bool) -> list[str]:
    """All messages of a treatment as it stands now; StoreError when there is none of that number."""
    conn = await pool.aconnect(url, name="homehd export")
    try:
        record = await treatment_record.read(conn, treatment_id, now_us)
    finally:
        await conn.close()
    titles = Titles()
    return messages(
        record, Rules(titles.title, titles.is_technical), lambda: secrets.token_hex(10), now_us, names=names
    )  # fmt: skip
