"""The shell round a serial codec: owns the port, its timers and its re-opening. Writes the poll and nothing else.

The sink's `tick` comes at least every half second, also while the port is missing. No tick means that this thread hangs
in a system call of the port: nothing here can end that, and the agent's watchdog is who notices.
"""

from __future__ import annotations

import contextlib
import logging
import select
import termios
import threading
from math import floor
from typing import Final, Protocol, runtime_checkable

import serial

from edge_agent.config import MachineSettings
from edge_agent.link_watch import LinkWatch
from edge_agent.source import LinkFigures, SourceSink
from protocols.adapter import Adapter
from protocols.events import Decoder, Observation, Rejected
from telemetry.clock import Clock
from telemetry.messages import MachineLink

log = logging.getLogger(__name__)

# The line is idle when nothing came for so long: several hundred characters at 9600 baud, so no frame has such a hole.
IDLE_S: Final = 0.25
TICK_S: Final = 0.5  # the longest the loop sleeps, so that it notices a stop and the watch can judge
FIRST_RETRY_S: Final = 0.1
LONGEST_RETRY_S: Final = 2.0
READ_BYTES: Final = 4096
_GONE: Final = (OSError, termios.error, ValueError)  # ValueError: select on a descriptor that was closed


@runtime_checkable
class Unsure(Protocol):
    """A decoder that may want the same answer twice before it believes it."""

    @property
    def unsure(self) -> bool:
        """Whether it holds a frame that a second one could confirm."""


class SerialLink:
    """A machine on a serial port. `run` blocks; nothing it meets on the line or at the port makes it end."""

    def __init__(self, settings: MachineSettings, adapter: Adapter, clock: Clock, sink: SourceSink) -> None:
        self._settings = settings
        self._adapter = adapter
        self._clock = clock
        self._sink = sink
        self._watch = LinkWatch(settings.poll_s)
        self._told: MachineLink | None = None
        self._trouble = ""
        self.figures = LinkFigures()

    def run(self, stop: threading.Event) -> None:
        """Read the machine until `stop`; a port that is missing or vanishes is tried again with a growing pause."""
        # One decoder for all openings: what it knows of the line's honesty is not forgotten with the port.
        decoder = self._adapter.live_decoder(self._settings.profile)
        pause = FIRST_RETRY_S
        while not stop.is_set():
            port = self._open()
            if port is not None:
                served = self.figures.frames
                try:
                    self._serve(port, decoder, stop)
                except _GONE as error:
                    self._lost(str(error))
                finally:
                    _close(port)
                    self.figures.rejected += len(decoder.idle())
                if self.figures.frames > served:  # a port that only opens has not proven that it works
                    pause = FIRST_RETRY_S
            self._pause(stop, pause)
            pause = min(pause * 2, LONGEST_RETRY_S)

    def _pause(self, stop: threading.Event, seconds: float) -> None:
        while seconds > 0 and not stop.is_set():
            self._tick()
            stop.wait(min(seconds, TICK_S))
            seconds -= TICK_S

    def _open(self) -> serial.Serial | None:
        line = self._adapter.serial
        assert line is not None, "checked with the configuration"
        try:
            port = serial.Serial(
                self._settings.port,
                baudrate=line.baud,
                bytesize=line.bits,
                parity=line.parity,
                stopbits=line.stop,
                timeout=0,
                write_timeout=1.0,
                exclusive=True,
            )
        except _GONE as error:
            self._lost(str(error))
            return None
        _keep_lines(port)
        self.figures.opened += 1
        self._watch.opened(self._clock.monotonic_s())
        log.debug("port opened", extra={"fields": {"port": self._settings.port}})
        return port

    def _lost(self, why: str) -> None:
        self._watch.lost()
        if why != self._trouble:  # once per change, not once per attempt
            self._trouble = why
            log.warning("port not available", extra={"fields": {"port": self._settings.port, "reason": why}})

    def _serve(self, port: serial.Serial, decoder: Decoder, stop: threading.Event) -> None:
        next_poll = self._clock.monotonic_s()
        unfinished_since: float | None = None
        while not stop.is_set():
            now = self._clock.monotonic_s()
            if now >= next_poll:
                self._poll(port)
                # From the schedule, not from now: no drift. Polls that could not be made in time are left out.
                next_poll += self._settings.poll_s * (1 + floor((now - next_poll) / self._settings.poll_s))
            until = min(next_poll, now + TICK_S, *([unfinished_since + IDLE_S] if unfinished_since is not None else []))
            data = _read(port, max(0.0, until - now))
            now = self._clock.monotonic_s()
            if data:
                unsure = _is_unsure(decoder)
                self._take(decoder.receive(data), now)
                unfinished_since = now
                if not unsure and _is_unsure(decoder):
                    self._poll(port)
            elif unfinished_since is not None and now - unfinished_since >= IDLE_S:
                self._take(decoder.idle(), now)
                unfinished_since = None
            self._tick()
            if self._watch.stuck(now):
                log.warning("port silent, opening it anew", extra={"fields": {"port": self._settings.port}})
                return

    def _poll(self, port: serial.Serial) -> None:
        if self._adapter.poll is not None:
            port.write(self._adapter.poll)  # the only bytes that ever go to a machine
            self.figures.polls += 1

    def _take(self, items: list[Observation | Rejected] | list[Rejected], now: float) -> None:
        frames = [item for item in items if isinstance(item, Observation)]
        rejected = [item for item in items if isinstance(item, Rejected)]
        self._watch.heard(now, frame=bool(frames))
        self.figures.frames += len(frames)
        self.figures.rejected += len(rejected)
        for bad in rejected:
            log.debug("bytes rejected", extra={"fields": {"length": bad.length, "reason": bad.reason}})
        if frames:
            self._trouble = ""
            self._tell()
        for frame in frames:
            self._sink.observed(frame)

    def _tick(self) -> None:
        self._tell()
        self._sink.tick()

    def _tell(self) -> None:
        state = self._watch.state(self._clock.monotonic_s())
        if state is not None and state is not self._told:
            log.info("machine link", extra={"fields": {"state": state.value, "port": self._settings.port}})
            self._told = state
            self._sink.link(state)


def _is_unsure(decoder: Decoder) -> bool:
    return isinstance(decoder, Unsure) and decoder.unsure


def _keep_lines(port: serial.Serial) -> None:
    """Leave DTR and RTS as they are when the port is closed: to some machines and adapters their fall is a reset."""
    with contextlib.suppress(*_GONE):
        state = termios.tcgetattr(port.fileno())
        state[2] &= ~termios.HUPCL
        termios.tcsetattr(port.fileno(), termios.TCSANOW, state)


def _read(port: serial.Serial, timeout_s: float) -> bytes:
    """What came within `timeout_s`; OSError when the port is gone."""
    readable, _, _ = select.select([port.fileno()], [], [], timeout_s)
    return bytes(port.read(READ_BYTES)) if readable else b""


def _close(port: serial.Serial) -> None:
    try:
        with contextlib.suppress(*_GONE):
            port.reset_output_buffer()  # closing waits up to 30 s for a poll that an adapter will not take
        port.close()
    except _GONE as error:
        log.debug("closing the port failed", extra={"fields": {"reason": str(error)}})
