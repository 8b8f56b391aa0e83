"""Keeps the embedded services alive: whoever uses them looks every two seconds whether they have died."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Protocol

from telemetry.errors import HomehdError

log = logging.getLogger(__name__)

LOOK_S: Final = 2.0


class Kept(Protocol):
    """A service that can be started again under its old address."""

    def ensure_running(self) -> None:
        """Start it if it has died; HomehdError when it cannot be started."""


@contextmanager
def keeping(services: Sequence[Kept], look_s: float = LOOK_S) -> Iterator[None]:
    """Look after `services` for the length of the block, from a thread of its own."""
    done = threading.Event()
    thread = threading.Thread(target=_keep, args=(services, look_s, done), name="keeper", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _keep(services: Sequence[Kept], look_s: float, done: threading.Event) -> None:
    trouble: dict[int, str] = {}
    while not done.wait(look_s):
        for number, service in enumerate(services):
            try:
                service.ensure_running()
                trouble.pop(number, None)
            except HomehdError as error:
                if trouble.get(number) != error.line():  # once per trouble, not every two seconds
                    trouble[number] = error.line()
                    log.error("embedded service cannot be started", extra={"fields": {"error": error.line()}})
