"""A self-test: an alarm of the unit for tests goes the way of real ones, from the broker to everybody's channels."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from homehd.probe_box import ProbeBox
from store import selftests
from store.pool import Connection, transaction
from store.selftests import Broken, Run, UnitForTests
from telemetry.clock import Clock
from telemetry.errors import HomehdError

log = logging.getLogger(__name__)

_LOOK_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each part may take, in seconds; a real alarm may take far less (docs/operations/selftest.md)."""

    stored_s: float = 15.0
    alert_s: float = 10.0
    notice_s: float = 10.0
    channels_s: float = 60.0
    ended_s: float = 5.0


def run(conn: Connection, run_id: int, unit: UnitForTests, broker_url: str, clock: Clock, patience: Patience) -> Run:
    """Carry out a run that has begun; what came of it is on record. StoreError when the database is lost on the way."""
    try:
        broken, detail = _tried(conn, run_id, unit, broker_url, clock, patience)
    finally:
        # Also where the way was broken: nothing of the test is to be left standing.
        with transaction(conn, "end the alerts of the self-test"):
            selftests.close_alerts(conn, unit.unit_id)
    with transaction(conn, "end the self-test"):
        selftests.end(conn, run_id, broken, detail)
    done = selftests.get(conn, run_id)
    _tell(done)
    return done


def _tried(
    conn: Connection, run_id: int, unit: UnitForTests, broker_url: str, clock: Clock, patience: Patience
) -> tuple[Broken, str]:
    with transaction(conn, "end what an interrupted self-test left"):
        selftests.close_alerts(conn, unit.unit_id)
    try:
        box = ProbeBox(broker_url, unit, clock)
    except HomehdError as error:
        return Broken.BROKER, error.line()
    try:
        return _alarmed(conn, run_id, box, clock, patience)
    finally:
        box.close()


def _alarmed(conn: Connection, run_id: int, box: ProbeBox, clock: Clock, patience: Patience) -> tuple[Broken, str]:
    # What one that was interrupted may have left standing is over first: an alarm that stands raises nothing.
    if not box.say(alarm=False, wait_s=patience.stored_s):
        return Broken.INGEST, box.refused or f"no acknowledgement in {patience.stored_s:g} s"
    selftests.note_sent(conn, run_id)
    try:
        if not box.say(alarm=True, wait_s=patience.stored_s):
            return Broken.INGEST, box.refused or f"no acknowledgement in {patience.stored_s:g} s"
        return _followed(conn, run_id, clock, patience)
    finally:
        box.say(alarm=False, wait_s=patience.ended_s)


def _followed(conn: Connection, run_id: int, clock: Clock, patience: Patience) -> tuple[Broken, str]:
    if not _until(lambda: selftests.alert_is_there(conn, run_id), clock, patience.alert_s):
        return Broken.RULES, f"stored, and no alert in {patience.alert_s:g} s"
    if not _until(lambda: selftests.get(conn, run_id).notice_s is not None, clock, patience.notice_s):
        return Broken.NOTIFIER, f"no notice of the alert in {patience.notice_s:g} s: is `homehd notify` running?"
    _until(lambda: not any(one.waiting for one in selftests.get(conn, run_id).channels), clock, patience.channels_s)
    channels = selftests.get(conn, run_id).channels
    if not channels:
        return Broken.CHANNELS, "nobody has a channel beside the screens"
    failed = [one for one in channels if not one.taken]
    return (Broken.CHANNELS, "; ".join(map(_named, failed))) if failed else (Broken.NOTHING, "")


def _named(one: selftests.ChannelOutcome) -> str:
    return f"channel {one.channel_id} ({one.label}): {one.detail or 'not taken'}"


def _until(ready: Callable[[], bool], clock: Clock, seconds: float) -> bool:
    deadline, pause = clock.monotonic_s() + seconds, threading.Event()
    while not ready():
        if clock.monotonic_s() >= deadline:
            return False
        pause.wait(_LOOK_S)
    return True


def _tell(done: Run) -> None:
    fields = {
        "run": done.run_id, "broken": str(done.broken), "detail": done.detail, "alert_s": done.alert_s,
        "notice_s": done.notice_s, "channels_s": done.channels_s, "channels": len(done.channels),
    }  # fmt: skip
    if done.passed:
        log.info("self-test passed", extra={"fields": fields})
    else:
        log.warning("self-test failed", extra={"fields": fields})
