"""Bytes of one machine to observations, and what the machine is to be answered. Pure: the time is handed in.

A message of the guide tells what changed, not everything: so what was said before is carried on, but only so long.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from protocols.events import Observation, Rejected, Taken
from protocols.framing import Framed, Framer
from protocols.hl7_dialysis.answers import answer
from protocols.hl7_dialysis.er7 import Block, Er7Error, take_apart
from protocols.hl7_dialysis.header import ALARMS, Header, Refusal, read_header
from protocols.hl7_dialysis.message import fingerprint, read_message
from protocols.hl7_dialysis.mllp import END, START, MllpGrammar
from protocols.hl7_dialysis.picture import Picture

UNREADABLE: Final = Refusal(207, "Application internal error", 0, "cannot be taken apart")


class Hl7Decoder:
    """See `protocols.events.AnsweringDecoder`. One per machine: it remembers what was said, through reconnections."""

    def __init__(self) -> None:
        self._framer = Framer(MllpGrammar())
        self._picture = Picture()

    @property
    def buffered(self) -> int:
        """Bytes held back; bounded, see `Framer`."""
        return self._framer.buffered

    def receive(self, data: bytes) -> list[Observation | Rejected]:
        """What `data` completes, in stream order, without a time: then nothing is carried on and no alarm lapses."""
        return [taken.event for taken in self._take(data, None)]

    def take(self, data: bytes, now_s: float) -> list[Taken]:
        """The same with a time, and what each sender waits for."""
        return self._take(data, now_s)

    def idle(self) -> list[Rejected]:
        """Give up a half message: the connection is gone."""
        return self._framer.idle()

    def _take(self, data: bytes, now_s: float | None) -> list[Taken]:
        return [
            self._read(found, now_s) if isinstance(found, Framed) else Taken(found, None)
            for found in self._framer.receive(bytes(data))
        ]

    def _read(self, framed: Framed, now_s: float | None) -> Taken:
        try:
            block = take_apart(framed.data[len(START) : -len(END)])
        except Er7Error as error:
            # Without a sound header there is nobody to answer; the machine will time out and tell its user.
            return Taken(_rejected(framed, str(error)), None)
        header = read_header(block)
        if header.refusal is None:
            try:
                return Taken(self._observe(framed, block, header, now_s), partial(_answer, header))
            except Er7Error as error:
                header = _refused(header)
                return Taken(_rejected(framed, str(error)), partial(_answer, header))
        why = header.refusal
        return Taken(_rejected(framed, f"{why.name.lower()}: {why.words}"), partial(_answer, header))

    def _observe(self, framed: Framed, block: Block, header: Header, now_s: float | None) -> Observation:
        said = read_message(block, alarms=header.trigger == ALARMS)
        return self._picture.after(said, framed.offset, fingerprint(block), now_s)


def _answer(header: Header, kept: bool, now_us: int) -> bytes:
    return answer(header, kept=kept, now_us=now_us)


def _refused(header: Header) -> Header:
    return Header(
        header.block, header.control_id, header.trigger, header.accept_ack, header.application_ack, UNREADABLE
    )


def _rejected(framed: Framed, reason: str) -> Rejected:
    return Rejected(framed.offset, len(framed.data), reason)
