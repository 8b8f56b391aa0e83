"""The beat at which screens are told: at most ten times a second."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Final

from clinician_api.live.hub import Hub

PUBLISH_S: Final = 0.1


class Pump:
    """Publishes the hub and wakes the screens. One event per screen: what wakes it may also be its own subscription."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._screens: set[asyncio.Event] = set()

    @contextlib.contextmanager
    def waking(self, event: asyncio.Event) -> Iterator[None]:
        """Set `event` at every publication during the block."""
        self._screens.add(event)
        try:
            yield
        finally:
            self._screens.discard(event)

    def publish(self) -> None:
        """Make what was put visible, and wake the screens if there was something."""
        if self._hub.publish():
            for event in self._screens:
                event.set()

    async def run(self) -> None:
        """Publish ten times a second, for ever."""
        while True:
            self.publish()
            await asyncio.sleep(PUBLISH_S)
