"""When the box was switched on, each time, as far as that is known: what places readings taken before the clock was.

A box without a clock battery begins in 1970, or where it was cut off. A reading carries the monotonic time of its boot,
so all that is missing is when that boot began. That is known as soon as the clock has once been right during the boot,
and written down here beside the outbox, because the readings may be sent only after another power cut.

A boot whose clock was never right is known to have ended before the next began, and no more.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from edge_agent import private_file
from telemetry.errors import HomehdError

log = logging.getLogger(__name__)

MOST_BOOTS: Final = 64
STEP_US: Final = 1_000_000  # the wall clock was set: what is written down is no longer true
RETRY_S: Final = 60.0


class Boot(msgspec.Struct):
    """One boot.

    Attributes:
        began_us: wall time minus monotonic time while the clock was right, None while it never was.
        lasted_ms: how long it lasted at least, milliseconds.
    """

    boot: str
    began_us: int | None = None
    lasted_ms: int = 0


class Began(NamedTuple):
    """When a boot began, microseconds since 1970; `known` = not only the latest it can have been."""

    us: int
    known: bool


class BootJournal:
    """The boots of this box, oldest first, the last one is this. Never raises: without the file it only knows less."""

    def __init__(self, path: Path, boot: str) -> None:
        self._path = path
        self._boots = _read(path)
        self._retry_s = float("-inf")
        self._unwritten = False
        if not self._boots or self._boots[-1].boot != boot:
            self._boots = [*self._boots[1 - MOST_BOOTS :], Boot(boot)]
            self._unwritten = True

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return self._path

    def lasted(self, boot: str, mono_ms: int) -> None:
        """A record of `boot` was taken at this monotonic time, so it lasted at least so long."""
        for known in self._boots:
            if known.boot == boot and known.lasted_ms < mono_ms:
                known.lasted_ms = mono_ms
                self._unwritten = True

    def clock_is_right(self, began_us: int) -> None:
        """The clock is known to be right, and says that this boot began then."""
        this = self._boots[-1]
        if this.began_us is None or abs(this.began_us - began_us) > STEP_US:
            this.began_us = began_us
            self._unwritten = True

    def keep(self, now_s: float) -> None:
        """Write down what is new; a disk that refuses is tried again after a minute."""
        if not self._unwritten or now_s < self._retry_s:
            return
        try:
            private_file.replace(self._path, msgspec.json.format(msgspec.json.encode(self._boots)))
            self._unwritten = False
        except HomehdError as error:
            self._retry_s = now_s + RETRY_S
            log.warning("boot journal not written", extra={"fields": {"error": error.line()}})

    def began(self, boot: str, this_us: int, mono_ms: int) -> Began:
        """When `boot` began, if the present boot began at `this_us`; `mono_ms` is the latest it is known to have lived.

        Of a boot that is not in the journal: as if it had ended when the oldest one here began.
        """
        began = Began(this_us, known=True)
        for place in range(len(self._boots) - 1, -1, -1):
            known = self._boots[place]
            if place < len(self._boots) - 1:
                lasted_ms = max(known.lasted_ms, mono_ms) if known.boot == boot else known.lasted_ms
                began = _earlier(known, began.us, lasted_ms)
            if known.boot == boot:
                return began
        return Began(began.us - mono_ms * 1000, known=False)


def _earlier(boot: Boot, next_us: int, lasted_ms: int) -> Began:
    if boot.began_us is not None:
        return Began(boot.began_us, known=True)
    return Began(next_us - lasted_ms * 1000, known=False)


def _read(path: Path) -> list[Boot]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Boot])
    except FileNotFoundError:
        return []
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        log.warning("boot journal unreadable", extra={"fields": {"reason": str(error)[:200]}})
        return []
