"""An agent's disk side without the rest of it: appends, sends, settles, and says what it has accepted. Run by tests.

    python disk_driver.py FILE MODE PUTS

MODE: `plain` settles some of what it reads and opens the file anew now and then; `thin` starts at the size bound.
Each line it prints is one fact: `accepted SEQ…`, `settling FIRST LAST`, `trouble TEXT`, `refused TEXT`, `done QUEUED`.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from edge_agent.acquisition import Stamp
from edge_agent.intake import Intake
from edge_agent.outbox import Outbox
from edge_agent.outbox_file import OutboxError
from telemetry.clock import MICROSECONDS, ManualClock
from telemetry.messages import Event, EventKind, Reading

MAX_BYTES = {"plain": 1 << 24, "thin": 1 << 17}
RESERVE_BYTES = 1 << 20
OPENINGS, FLUSHES = 5, 12


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def opened(path: Path, mode: str, clock: ManualClock) -> Outbox | None:
    """As the agent does: refused for the moment, it tries again."""
    for _ in range(OPENINGS):
        try:
            return Outbox(path, now_us=clock.now_us(), max_bytes=MAX_BYTES[mode], reserve_bytes=RESERVE_BYTES)
        except OutboxError as error:
            say("refused", error.line())
            if not error.recoverable:
                return None
    return None


def settle_some(outbox: Outbox, intake: Intake) -> None:
    try:
        ranges = outbox.pending()
        rows = outbox.read([seq for first, last, _ in ranges for seq in range(first, last + 1)][:20])
        if len(rows) > 4:
            first, last = rows[1].seq, rows[len(rows) // 2].seq
            say("settling", first, last)
            outbox.settle(rows[0].epoch, [(first, last)])
    except OutboxError as error:
        intake.failed(error)


def start_us(path: Path) -> int:
    """When a run begins: another time than the run before it, so that each reading has a time of its own."""
    return (1_767_225_600 + (path.stat().st_size if path.exists() else 0)) * MICROSECONDS


def run(path: Path, mode: str, puts: int) -> None:
    clock = ManualClock(now_us=start_us(path))
    outbox = opened(path, mode, clock)
    if outbox is None:
        return

    def stamp() -> Stamp:
        return Stamp(clock.now_us(), round(clock.monotonic_s() * 1000), synchronised=True)

    intake = Intake(outbox, clock, stamp, lambda rows: say("accepted", *(seq for seq, _ in rows)))
    for n in range(puts):
        clock.advance(1)
        at = stamp()
        intake.put([Reading(0, at.time_us, at.mono_ms, 1, 3, {2: float(n * 7919 % 501), 3: 5.0})], b"memory %d" % n)
        if n % 5 == 0:
            intake.put([Event(0, at.time_us, at.mono_ms, 1, EventKind.ALARM, "MDC_EVT_ALARM", 196616, n % 2 == 0)])
        if mode == "plain" and n % 7 == 6:
            settle_some(outbox, intake)
        if mode == "plain" and n % 20 == 12:
            try:
                outbox.reopen(clock.now_us())
            except OutboxError as error:
                intake.failed(error)
    for _ in range(FLUSHES):
        clock.advance(61)
        intake.flush()
    if intake.trouble:
        say("trouble", intake.trouble)
    say("done", intake.queued)
    outbox.close()


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(message)s")
    run(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
