"""What this server tells the others every few seconds: that it lives, its version, and which walls would be heard."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from clinician_api.services import Services
from store.errors import StoreError
from store.vital_signs import VitalSigns, new_instance

log = logging.getLogger(__name__)

# An instance silent for ten seconds counts as gone (administration/system_view.py), a wall for three minutes.
TOLD_EVERY_S: Final = 3.0


class Signs:
    """Of one server: it keeps its name for as long as it runs."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._instance = new_instance()
        self._vital = VitalSigns(services.options.database_folders, services.clock)

    async def tell(self) -> None:
        """For ever. What the store does not take is logged once, and tried again."""
        trouble = ""
        while True:
            before, trouble = trouble, await self._told()
            if trouble and trouble != before:
                log.warning("sign of life not taken", extra={"fields": {"error": trouble}})
            await asyncio.sleep(TOLD_EVERY_S)

    async def _told(self) -> str:
        """Why it was not taken; empty when it was."""
        services = self._services
        try:
            await services.data.tell(self._instance, self._vital.detail(), services.sockets.walls())
        except StoreError as error:
            return error.line()
        return ""
