"""What this server tells the others every few seconds: that it lives, its version, and which walls would be heard."""

from __future__ import annotations

import asyncio
from typing import Final

from clinician_api.services import Services
from store.vital_signs import VitalSigns, new_instance

# An instance silent for ten seconds counts as gone (administration/system_view.py), a wall for three minutes.
TOLD_EVERY_S: Final = 3.0


class Signs:
    """Of one server: it keeps its name for as long as it runs."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._instance = new_instance()
        self._vital = VitalSigns(services.options.database_folders, services.clock)

    async def tell(self) -> None:
        """For ever; StoreError when the store is away: to be called again."""
        while True:
            await self._services.data.tell(self._instance, self._vital.detail(), self._services.sockets.walls())
            await asyncio.sleep(TOLD_EVERY_S)
