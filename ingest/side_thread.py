"""Work beside the worker's: a thread and a connection of its own, so that no message waits for it.

Whatever goes wrong there is told in the log, waited out, and tried again; ingest goes on.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from typing import ClassVar

from store import pool
from store.errors import StoreError
from store.pool import Connection

log = logging.getLogger(__name__)


class SideThread(ABC):
    """Takes `step` after `step` between `start` and `stop`.

    Attributes:
        name: of the thread, and of its connection. waits: what the log says while it cannot work.
        look_s: between two looks for work, and after a failure.
    """

    name: ClassVar[str]
    waits: ClassVar[str]
    look_s: ClassVar[float]

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self, within_s: float = 2.0) -> None:
        """End; what is under way may be left, and stays due."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(within_s)

    @abstractmethod
    def step(self, conn: Connection) -> object:
        """Do some work; true when there may be more, to be looked for at once. StoreError: the database is not well."""

    def begin(self, conn: Connection) -> None:  # noqa: B027  # most have nothing to do here
        """What comes first on a new connection."""

    def failed(self) -> None:  # noqa: B027
        """Count a failure of its own."""

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with pool.connect(self._url, name=f"homehd {self.name}") as conn:
                    self.begin(conn)
                    while not self._stop.is_set():
                        if not self.step(conn):
                            self._stop.wait(self.look_s)
            except StoreError as error:
                self.failed()
                log.warning(self.waits, extra={"fields": {"error": error.line()}})
            except Exception:
                self.failed()
                log.exception(self.waits)
            self._stop.wait(self.look_s)
