"""A treatment as FHIR, from the store to a file."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import BinaryIO, Final
from uuid import uuid4

from alerts import rule_words
from interop.fhir import bundle, export
from interop.fhir.datatypes import Json
from store import pool, treatment_record

FORMATS: Final = ("ndjson", "bundle")


async def resources(url: str, treatment_id: int, now_us: int, *, names: bool) -> list[Json]:
    """All resources of a treatment as it stands now; StoreError when there is none of that number."""
    conn = await pool.aconnect(url, name="homehd export")
    try:
        record = await treatment_record.read(conn, treatment_id, now_us)
    finally:
        await conn.close()
    titles = {rule: words.title for rule, words in rule_words.english().items()}
    return export.resources(record, titles, version("homehd"), now_us, names=names)


def write(found: Sequence[Json], form: str, now_us: int, sink: BinaryIO) -> None:
    """As `ndjson`, or as one `bundle`."""
    if form == "bundle":
        sink.write(bundle.text(bundle.bundle(found, uuid4(), now_us)))
        return
    for line in bundle.lines(found):
        sink.write(line)
