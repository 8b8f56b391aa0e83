"""The journal: what was sent while the database was away, on disk before it is sent, until the database has it.

One line of JSON a record. A line that was torn by a power cut is the last one, and said nothing that was done.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from notifier.away import records
from notifier.away.card import sync_folder
from notifier.away.records import Came, Key, Record, Reported, Step
from telemetry.errors import HomehdError, WireError

log = logging.getLogger(__name__)

_MODE: Final = 0o600
MOST: Final = 16  # notifiers on one machine


@dataclass(frozen=True, slots=True)
class Story:
    """What the database does not know yet of a home and cause: steps in order, and the last word on each page."""

    key: Key
    steps: Sequence[Step]
    came: dict[str, Came] = field(default_factory=dict)


class Journal:
    """A file of records, and what they come to. Any thread may write and read.

    Notifiers with one folder have a file each; one that starts takes the first that nobody has, and goes on from there.
    """

    def __init__(self, folder: Path) -> None:
        """HomehdError when the file can neither be read nor made. Lines that are no record of ours are passed over."""
        self._lock = threading.Lock()
        self._steps: dict[Key, list[Step]] = {}
        self._came: dict[str, Came] = {}
        self._known: set[str] = set()  # receipts of the steps
        self.bad_lines = 0
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._alone, self._path = _first_free(folder)
            for line in self._path.read_bytes().splitlines() if self._path.exists() else ():
                self._read(line)
            self._file = self._open()
        except OSError as error:
            raise HomehdError("open the journal of pages", str(folder), hint=str(error)) from error

    def write(self, *what: Record) -> bool:
        """Take note of it, on disk before it returns. False when the disk does not take it: it counts all the same,
        for a page that goes out twice is better than none.
        """
        with self._lock:
            for record in what:
                self._take(record)
            try:
                # After a line that was torn a fresh one begins; empty lines say nothing.
                _put(self._file, b"\n" + b"".join(records.encode(record) + b"\n" for record in what))
            except OSError as error:
                log.error("the journal of pages is not written", extra={"fields": {"error": str(error)}})
                return False
            return True

    def steps(self) -> list[Step]:
        """What the database does not know yet: of each home and cause in order."""
        with self._lock:
            return self._all()

    def came(self, receipt: str) -> Came | None:
        """The last word on a page."""
        with self._lock:
            return self._came.get(receipt)

    def unreported(self) -> list[Key]:
        """Homes and causes of which the database does not know everything."""
        with self._lock:
            return list(self._steps)

    def story(self, key: Key) -> Story | None:
        """What it does not know of one; None: there is nothing."""
        with self._lock:
            steps = list(self._steps.get(key, ()))
            return Story(key, steps, dict(self._words(steps))) if steps else None

    def shorten(self) -> None:
        """Write the file anew without what the database has; a failure leaves it as it is."""
        with self._lock:
            fresh = self._path.with_suffix(".new")
            left: list[Record] = [*self._all(), *self._came.values()]
            try:
                fresh.unlink(missing_ok=True)
                number = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
                try:
                    _put(number, b"".join(records.encode(record) + b"\n" for record in left))
                finally:
                    os.close(number)
                fresh.replace(self._path)
                sync_folder(self._path.parent)
                os.close(self._file)
                self._file = self._open()
            except OSError as error:
                log.warning("the journal of pages is not shortened", extra={"fields": {"error": str(error)}})

    def close(self) -> None:
        """Give the file up, for another to go on with."""
        os.close(self._file)
        os.close(self._alone)

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _MODE)

    def _read(self, line: bytes) -> None:
        if line.strip():
            try:
                self._take(records.decode_record(line))
            except WireError as error:
                self.bad_lines += 1
                log.warning("a line of the journal of pages is passed over", extra={"fields": {"error": error.line()}})

    def _take(self, record: Record) -> None:
        if isinstance(record, Step):
            self._steps.setdefault(record.key, []).append(record)
            self._known |= {page.receipt for page in record.pages}
        elif isinstance(record, Came):
            # Of a page that is on record already nothing more can be told.
            if record.receipt in self._known:
                self._came[record.receipt] = record
        else:
            self._forget(record)

    def _forget(self, said: Reported) -> None:
        # Reported is what stood there when the report began; what was sent meanwhile comes with the next one.
        own = self._steps.pop((said.unit_id, said.cause), [])
        for page in [page for step in own[: said.steps] for page in step.pages]:
            self._came.pop(page.receipt, None)
            self._known.discard(page.receipt)
        if own[said.steps :]:
            self._steps[said.unit_id, said.cause] = own[said.steps :]

    def _all(self) -> list[Step]:
        return [step for steps in self._steps.values() for step in steps]

    def _words(self, steps: Iterable[Step]) -> Iterable[tuple[str, Came]]:
        for receipt in [page.receipt for step in steps for page in step.pages]:
            if receipt in self._came:
                yield receipt, self._came[receipt]


def _first_free(folder: Path) -> tuple[int, Path]:
    """A lock that ends with this process, and the file that goes with it."""
    for number in range(MOST):
        lock = os.open(folder / f"journal-{number}.lock", os.O_RDWR | os.O_CREAT, _MODE)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            return lock, folder / f"journal-{number}"
    raise OSError(f"{MOST} notifiers use this folder already")


def _put(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
    os.fsync(file)
