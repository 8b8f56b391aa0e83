"""A connection that does something else while the database is at work, and that gives up one that stands still.

psycopg says what it waits for by a generator, and waits for it in `Connection.wait`. Here that generator passes through
another one, which uses the time: a piece of work, a look whether the answer has come, the next piece.
"""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen

from telemetry.clock import SystemClock

Result = TypeVar("Result")
Work = Callable[[], bool]
"""Does a piece of work, well under a millisecond, and says whether there is more."""

_clock: Final = SystemClock()
_LOOK_S: Final = 0.1  # psycopg's own: how often a wait is interrupted


class Line(psycopg.Connection[Any]):
    """A connection, used by one thread.

    Attributes:
        was_cut: whether it was given up because the database did not answer in time.
    """

    was_cut = False
    _until_s: float | None = None
    _work: Work | None = None

    def wait(self, gen: Any, interval: float = _LOOK_S, timeout: float | None = None) -> Any:
        """As psycopg's, but for `meanwhile` and `within`."""
        return super().wait(self._watched(gen), interval, timeout)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Cut the line when the block waits for the database after so many seconds: what is waited for then fails."""
        before, until_s = self._until_s, _clock.monotonic_s() + seconds
        self._until_s = until_s if before is None else min(before, until_s)
        try:
            yield
        finally:
            self._until_s = before

    @contextmanager
    def meanwhile(self, work: Work) -> Iterator[None]:
        """Within the block, do `work` whenever the database is waited for, until there is no more.

        Work that fails is left: that is no reason to lose a transaction. Who needs its result does it again.
        """
        self._work = work
        try:
            yield
        finally:
            self._work = None

    def _watched(self, gen: PQGen[Result]) -> PQGen[Result]:
        number = self.pgconn.socket
        try:
            wanted = next(gen)
            while True:
                ready = (self._work and self._worked(number, wanted)) or (yield wanted)
                if self._is_overdue() and not self.was_cut:
                    self.was_cut = True
                    shut(number)
                wanted = gen.send(ready)
        except StopIteration as end:
            found: Result = end.value
            return found

    def _worked(self, number: int, wanted: int) -> int:
        """Work until the line is ready for what is `wanted`, or all is done; what it is ready for."""
        look = select.poll()
        look.register(number, (wanted & EVENT_READ and select.POLLIN) | (wanted & EVENT_WRITE and select.POLLOUT))
        while not (found := look.poll(0)):
            if self._is_overdue() or not self._worked_on():
                return 0
        events = found[0][1]
        # Of a line that broke psycopg finds that out by itself.
        return (events & select.POLLIN and EVENT_READ) | (events & select.POLLOUT and EVENT_WRITE)

    def _worked_on(self) -> bool:
        more = False
        with suppress(Exception):
            more = self._work is not None and self._work()
        if not more:
            self._work = None
        return more

    def _is_overdue(self) -> bool:
        return self._until_s is not None and _clock.monotonic_s() >= self._until_s


def shut(number: int) -> None:
    """Cut a line by the number of its socket, whatever is waited for on it."""
    with suppress(OSError), socket.socket(fileno=os.dup(number)) as line:
        line.shutdown(socket.SHUT_RDWR)
