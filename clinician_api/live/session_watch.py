"""The sessions of open sockets, looked at again and again: logged out elsewhere, expired, idle, account disabled, role
or clinic changed. Whoever is shut out has no open screen five seconds later, however many screens are open.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from clinician_api.services import Services
from telemetry.errors import HomehdError

log = logging.getLogger(__name__)

# Sessions in one question. The first are closed before the last are asked about, and other tasks have their turn.
AT_ONCE: Final = 500


async def watch(services: Services) -> None:
    """For ever, every `recheck_s`."""
    while True:
        await asyncio.sleep(services.options.recheck_s)
        await look(services)


async def look(services: Services) -> None:
    """Close the sockets of whoever has no session any more, and tell the others whom they see now.

    While the database cannot be asked a session counts as it was when last checked, for as long as it is trusted.
    """
    sessions, held = services.sessions, services.sockets.sessions()
    answers = True
    for start in range(0, len(held), AT_ONCE):
        some = held[start : start + AT_ONCE]
        if answers:
            try:
                found, reason = await sessions.checked_all(some), "session ended"
            except HomehdError as error:
                # Of the others nobody is asked: each question would wait as long again.
                log.warning("sessions cannot be checked", extra={"fields": {"error": error.line()}})
                answers = False
        if not answers:
            found, reason = {one: sessions.trusted(one) for one in some}, "session cannot be checked"
        for token_hash, session in found.items():
            if session is None or not services.sockets.see(token_hash, session.scope):
                services.sockets.close_sessions({token_hash}, reason)
