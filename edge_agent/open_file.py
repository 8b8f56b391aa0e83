"""The outbox's file while it is in use: opened and, after errors, opened anew; a full disk relieved, a torn file set
aside and what can be read of it taken over. What is in the file is the outbox's business.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from edge_agent import outbox_file, quarantine
from edge_agent.outbox_file import DiskFullError, OutboxError, TornFileError, translated
from edge_agent.salvage import Incident, number_above, salvage
from edge_agent.squeeze import Squeeze

_T = TypeVar("_T")
Steps = Sequence[Callable[[], None]]


class OpenFile:
    """A file of one user: the caller keeps others out, and calls from one thread at a time.

    Attributes:
        incidents: torn files met at the last opening.
    """

    def __init__(self, path: Path, squeeze: Squeeze) -> None:
        self._path = path
        self._squeeze = squeeze
        self._file: sqlite3.Connection | None = None
        self._met: list[Incident] = []  # by openings that failed afterwards
        self._why_closed = ""
        self.incidents: list[Incident] = []

    @property
    def db(self) -> sqlite3.Connection:
        """The connection; OutboxError when there is none."""
        if self._file is None:
            raise OutboxError("use outbox", str(self._path), hint="it is closed", recoverable=True)
        return self._file

    def open(self, now_us: int, take_up: Steps) -> None:
        """Open it, and take up what is in it, step by step; OutboxError, and then it is closed.

        A file that is torn is moved aside, and what can be read of it is salvaged into a new one.
        """
        if not self._path.exists():  # SQLite would play the log of a file that is gone into the new one
            quarantine.move_aside(self._path, now_us)
        try:
            self._file = self._relieved("open outbox", lambda: outbox_file.open_file(self._path))
        except TornFileError:
            quarantine.move_aside(self._path, now_us)
            self._file = self._relieved("open outbox", lambda: outbox_file.open_file(self._path))
        try:
            self._relieved("open outbox", lambda: self._squeeze.opened(self.db))
            for torn in quarantine.torn_files(self._path):
                self._met.append(self._salvage(torn))
            for step in take_up:
                self._relieved("open outbox", step)
        except BaseException as error:
            self.close()  # rather than give out, or add to, rows of a commit that failed
            if isinstance(error, TornFileError):
                raise self._torn("open outbox", error) from error
            raise
        self.incidents, self._met = self._met, []

    def reopen(self, now_us: int, take_up: Steps) -> None:
        """Close and open it anew; after an error `do` gives that error until the next time."""
        self.close()
        self._why_closed = ""
        try:
            self.open(now_us, take_up)
        except OutboxError as error:
            self._why_closed = error.hint
            raise

    def close(self) -> None:
        """Close it; what was not committed is gone."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def do(self, operation: str, action: Callable[[], _T]) -> _T:
        """Do something with the file; OutboxError when it cannot be done, and the file is as it was."""
        if self._why_closed:
            raise OutboxError(operation, str(self._path), hint=self._why_closed, recoverable=True)
        try:
            return self._relieved(operation, action)
        except TornFileError as error:
            raise self._torn(operation, error) from error

    def _salvage(self, torn: Path) -> Incident:
        salvaged = None
        if self._squeeze.room_for(quarantine.size(torn)):
            with suppress(DiskFullError), translated("salvage outbox", torn):
                salvaged = salvage(self.db, torn)
        if salvaged is None:  # what is new goes on meanwhile
            self._relieved("salvage outbox", lambda: number_above(self.db, torn))
            return Incident(torn.name, 0, waiting=True)
        quarantine.retire(torn, self._path)
        return Incident(quarantine.retired_name(torn), salvaged)

    def _relieved(self, operation: str, action: Callable[[], _T]) -> _T:
        """Do it; on a full disk make room and do it again, as long as any room can be made."""
        reliefs = self._squeeze.reliefs(lambda: self._file)
        while True:
            try:
                with translated(operation, self._path):
                    return action()
            except DiskFullError:
                if not any(relief() for relief in reliefs):
                    raise

    def _torn(self, operation: str, error: TornFileError) -> OutboxError:
        return OutboxError(operation, str(self._path), hint=f"{error}; will be reopened", recoverable=True)
