"""The unit for tests speaks: a machine's alarm that begins and ends, said to the broker as a box says it."""

from __future__ import annotations

import secrets
import threading
from typing import Final

from simulators.fleet_connection import Connection
from store.selftests import UnitForTests
from telemetry import topics, wire
from telemetry.clock import Clock
from telemetry.messages import Ack, Event, EventKind, Flag, Lane, Reading
from telemetry.treatment import Phase

# An alarm that R20 raises an alert of high priority for at once: the way that has to be there when it matters most.
ALARM: Final = ("MDC_EVT_HDIALY_SAFETY_VEN_AIR_DETECT", 198262)
RESEND_S: Final = 3.0


class ProbeBox:
    """One connection to the broker in the test unit's name; HomehdError when it is not to be had. Close it."""

    def __init__(self, broker_url: str, unit: UnitForTests, clock: Clock) -> None:
        self._unit = unit
        self._clock = clock
        self._epoch = secrets.token_hex(8)
        self._seq = 0
        self._acked = threading.Condition()
        self._stored: set[int] = set()
        self.refused = ""
        client = f"homehd-selftest-{self._epoch}"
        self._connection = Connection(broker_url, client, [topics.home(unit.shard, unit.name, "down")], self._heard)
        self._connection.open()
        try:
            self._connection.wait_until_subscribed()
        except Exception:
            self._connection.close()
            raise

    def say(self, *, alarm: bool, wait_s: float) -> bool:
        """That the alarm stands, or has ended and the treatment with it; whether ingest has stored that in time."""
        payload, last = self._message(alarm=alarm)
        deadline = self._clock.monotonic_s() + wait_s
        with self._acked:
            while last not in self._stored and not self.refused and self._clock.monotonic_s() < deadline:
                self._connection.publish(topics.home(self._unit.shard, self._unit.name, "up"), payload, qos=1)
                left_s = deadline - self._clock.monotonic_s()
                self._acked.wait_for(
                    lambda: last in self._stored or bool(self.refused), max(0.0, min(RESEND_S, left_s))
                )
            return last in self._stored

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()

    def _message(self, *, alarm: bool) -> tuple[bytes, int]:
        now_us, mono_ms = self._clock.now_us(), int(self._clock.monotonic_s() * 1000)
        flags = int(Flag.CLOCK_SYNCHRONISED)
        name, code = ALARM
        event = Event(self._seq, now_us, mono_ms, flags, EventKind.ALARM, name, code, active=alarm)
        phase = Phase.TX if alarm else Phase.POSTTX
        reading = Reading(self._seq + 1, now_us + 1000, mono_ms + 1, flags, int(phase), {})
        self._seq += 2
        batch = wire.build_batch(
            unit=self._unit.name, epoch=self._epoch, boot=self._clock.boot_id(), sent_us=now_us, lane=Lane.LIVE,
            readings=[reading], events=[event],
        )  # fmt: skip
        return wire.encode_batch(batch), reading.seq

    def _heard(self, _topic: str, ack: Ack) -> None:
        if ack.epoch != self._epoch:
            return
        with self._acked:
            for first, last in ack.ranges:
                self._stored.update(range(first, min(last, self._seq) + 1))
            if ack.refused:
                self.refused = ack.refused[0].reason
            self._acked.notify_all()
