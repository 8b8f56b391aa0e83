"""Pauses between starts that follow each other too fast, so that a fault that stays neither fills the log nor the CPU.

systemd can do this from version 254 on (`RestartSteps`); Debian 12 has 252. It never gives up: the pause only stops
growing. The first start after a good run is immediate.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

log = logging.getLogger(__name__)

SHORT_RUN_S: Final = 600.0  # a run that ended sooner went wrong
FREE: Final = 2  # a first restart is a mishap, and a treatment may be going on: no pause
FIRST_S: Final = 4.0
LONGEST_S: Final = 120.0
KEPT: Final = 12
FILE: Final = "starts"


class Start(NamedTuple):
    """When a start was asked for, and when it began after its pause; monotonic seconds of this boot."""

    asked_s: float
    began_s: float


def pause_s(starts: Sequence[Start], now: float) -> float:
    """Seconds to wait before this start, from the earlier ones of the same boot, oldest first."""
    in_a_row, ended = 0, now
    for start in reversed(starts):
        if not 0 <= ended - start.began_s < SHORT_RUN_S:
            break
        in_a_row, ended = in_a_row + 1, start.asked_s
    if in_a_row <= FREE:
        return 0.0
    return float(min(FIRST_S * 2 ** (in_a_row - FREE - 1), LONGEST_S))


def forget(folder: Path) -> None:
    """The run ended as it was asked to: the next start is no sign of trouble, however soon it comes."""
    with suppress(OSError):
        (folder / FILE).unlink(missing_ok=True)


def note(folder: Path, now: float) -> float:
    """Note a start in `folder` (which must not outlive the boot, such as /run/homehd); the pause it should make."""
    file = folder / FILE
    try:
        numbers = [float(word) for word in file.read_text("ascii").split()]
        starts = [Start(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)][-KEPT:]
    except (OSError, ValueError):
        starts = []  # the first start of this boot, or a file nobody can read: no pause
    pause = pause_s(starts, now)
    kept = [*starts, Start(now, now + pause)][-KEPT:]
    try:
        file.write_text("".join(f"{start.asked_s} {start.began_s}\n" for start in kept), "ascii")
    except OSError as error:
        log.warning("start not noted", extra={"fields": {"file": str(file), "reason": str(error)}})
    return pause
