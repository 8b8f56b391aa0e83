"""One turn of sending to a destination: the next message out, its answer in, and what that comes to on record.

Before a message goes it is noted that it goes, on the connection that holds this work: a process whose session is gone
sends nothing new. Killed in between, the message is still waiting, and goes again with the same control id.
"""

from __future__ import annotations

import logging
from typing import Final

from courier import retry
from courier.destinations import Destination
from courier.line import Line, NoAnswer
from courier.metrics import Metrics
from interop.hl7.answers import Answer, Verdict
from store import hl7_outbox
from store.hl7_outbox import NextMessage, Now
from store.pool import AsyncConnection, atransaction
from telemetry.errors import HomehdError

log = logging.getLogger(__name__)

LOOK_S: Final = 0.25


class Sending:
    """To one destination, one message in flight."""

    def __init__(
        self, destination: Destination, line: Line, metrics: Metrics, now: Now = hl7_outbox.now_us
    ) -> None:  # fmt: skip
        self._to = destination
        self._now = now
        self._line = line
        self._metrics = metrics

    async def turn(self, conn: AsyncConnection) -> float:
        """Send what is to go now, if anything; how long to wait then (s). StoreError: nothing is lost."""
        name = self._to.name
        async with atransaction(conn, "look for HL7 messages"):
            message = await hl7_outbox.next_message(conn, name)
            if message is None:
                return LOOK_S
            now_us = await self._now(conn)
            if message.next_try_us is not None and message.next_try_us > now_us:
                return min(LOOK_S, (message.next_try_us - now_us) / 1e6)
            if not await hl7_outbox.trying(conn, message.message_id, now_us):
                return 0.0
        try:
            answer = await self._line.send(message.body, message.control_id)
        except (NoAnswer, HomehdError) as error:
            why = str(error) if isinstance(error, NoAnswer) else error.line()
            await self._unanswered(conn, message, why)
            return 0.0
        async with atransaction(conn, "settle an HL7 message"):
            await self._settle(conn, message, answer, await self._now(conn))
        return 0.0

    async def close(self) -> None:
        """Hang up."""
        await self._line.close()

    async def _unanswered(self, conn: AsyncConnection, message: NextMessage, why: str) -> None:
        wait_s = retry.delay_s(message.attempts + 1)
        async with atransaction(conn, "note an HL7 message"):
            next_us = await self._now(conn) + round(wait_s * 1e6)
            await hl7_outbox.again(conn, message.message_id, why, next_us, refused=False)
        self._metrics.tries.labels(self._to.name, "no answer").inc()
        fields = {"destination": self._to.name, "message": message.message_id, "why": why, "again_in_s": wait_s}
        log.warning("HL7 message not answered", extra={"fields": fields})

    async def _settle(self, conn: AsyncConnection, message: NextMessage, answer: Answer, now_us: int) -> None:
        name, number = self._to.name, message.message_id
        said = " ".join(filter(None, (answer.code, answer.error, answer.text)))
        # The receiver's words may name people: they are for the command line, not for a log or a page.
        code = " ".join(filter(None, (answer.code, answer.error)))
        fields = {"destination": name, "message": number, "answer": code}
        match answer.verdict:
            case Verdict.ACCEPTED:
                await hl7_outbox.delivered(conn, number, said, now_us)
                outcome = "delivered"
                log.debug("HL7 message taken", extra={"fields": fields})
            case Verdict.REFUSED:
                await hl7_outbox.stop(conn, name, number, said, code, now_us)
                outcome = "refused"
                log.error("HL7 message refused: nothing more is sent there", extra={"fields": fields})
            case Verdict.AGAIN if retry.is_given_up(message.refused + 1):
                await hl7_outbox.park(conn, number, said)
                outcome = "parked"
                log.error("HL7 message parked: the receiver cannot take it", extra={"fields": fields})
            case Verdict.AGAIN:
                wait_s = retry.delay_s(message.refused + 1)
                await hl7_outbox.again(conn, number, said, now_us + round(wait_s * 1e6), refused=True)
                outcome = "again"
                log.warning("HL7 message not taken", extra={"fields": fields | {"again_in_s": wait_s}})
        self._metrics.tries.labels(name, outcome).inc()
