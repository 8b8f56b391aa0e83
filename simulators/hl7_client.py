"""The machine's end of MLLP: one message at a time, an answer waited for, the message sent once more, then given up."""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import threading
from dataclasses import dataclass
from typing import Any, Final

import hl7  # type: ignore[import-untyped]

from protocols.framing import Framed, Framer
from protocols.hl7_dialysis.mllp import END, START, MllpGrammar
from telemetry.clock import Clock

log = logging.getLogger(__name__)

ATTEMPTS: Final = 2  # the guide: retry once, then a local alert
PAUSE_S: Final = 0.25
SLICE_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a message fared: AA, AE or AR as last answered, or nothing at all, after so many attempts."""

    answer: str
    attempts: int


class Hl7Client:
    """Connects when there is something to send; keeps the connection until it breaks."""

    def __init__(self, host: str, port: int, clock: Clock, stop: threading.Event, timeout_s: float) -> None:
        self._where = (host, port)
        self._clock = clock
        self._stop = stop
        self._timeout_s = timeout_s
        self._sock: socket.socket | None = None
        self._framer = Framer(MllpGrammar())

    def deliver(self, message: bytes, control_id: str) -> Outcome:
        """Send until it is accepted or refused, twice at most; then it is given up."""
        answer = ""
        for attempt in range(1, ATTEMPTS + 1):
            deadline = self._clock.monotonic_s() + self._timeout_s
            answer = self._attempt(message, control_id, deadline) or answer
            if answer in ("AA", "AR") or self._stop.is_set():
                return Outcome(answer, attempt)
            self._stop.wait(PAUSE_S)
        # Where a real machine would show and sound it.
        log.warning("message not acknowledged", extra={"fields": {"control_id": control_id, "answer": answer}})
        return Outcome(answer, ATTEMPTS)

    def close(self) -> None:
        """Hang up."""
        if self._sock is not None:
            self._sock.close()
        self._sock = None
        self._framer = Framer(MllpGrammar())

    def _attempt(self, message: bytes, control_id: str, deadline: float) -> str:
        """The answer, empty when none came or the connection broke."""
        try:
            self._connect(deadline)
            if self._sock is None:
                return ""
            self._sock.sendall(message)
            return self._await(control_id, deadline)
        except OSError as error:
            log.info("connection lost", extra={"fields": {"reason": str(error)}})
            self.close()
            return ""

    def _connect(self, deadline: float) -> None:
        while self._sock is None and self._clock.monotonic_s() < deadline and not self._stop.is_set():
            with contextlib.suppress(OSError):
                self._sock = socket.create_connection(self._where, timeout=1.0)
                self._sock.settimeout(self._timeout_s)
                self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._sock is None:
                self._stop.wait(PAUSE_S)

    def _await(self, control_id: str, deadline: float) -> str:
        assert self._sock is not None
        while self._clock.monotonic_s() < deadline and not self._stop.is_set():
            if not select.select([self._sock], [], [], SLICE_S)[0]:
                continue
            data = self._sock.recv(65536)
            if not data:
                raise ConnectionResetError("closed by the box")
            for found in self._framer.receive(data):
                if isinstance(found, Framed):
                    answer = read_answer(found.data, control_id)
                    if answer:
                        return answer
        return ""


def read_answer(framed: bytes, control_id: str) -> str:
    """MSA-1 of an answer to `control_id`, empty for anything else. The box is not hostile: the library reads it all."""
    parsed: Any = hl7.parse(framed[len(START) : -len(END)].decode("latin-1"))
    acknowledgement = parsed.segment("MSA")
    return str(acknowledgement[1]) if str(acknowledgement[2]) == control_id else ""
