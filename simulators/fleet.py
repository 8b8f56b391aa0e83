"""Load: many homes' traffic straight to the broker, one sample a message, acknowledgements counted.

A few connections carry all homes (a unit of a real fleet has its own, with its own last will and its own rights), so
the broker must allow one client to speak for many units. Everything else is what an agent does: rows numbered in an
epoch, kept until ingest has acknowledged them, sent again after a time-out.
"""

from __future__ import annotations

import json
import os
import secrets
import struct
import threading
from typing import Any, Final, TextIO

from simulators.fleet_connection import Connection
from simulators.fleet_options import FleetOptions, default_units, read_units
from simulators.ledger import Ledger, Row
from simulators.tracks import compute
from simulators.truth import TruthFile
from telemetry import topics, wire
from telemetry.clock import MICROSECONDS, Clock
from telemetry.errors import SettingsError
from telemetry.messages import SCHEMA_VERSION, Ack, Batch, Flag, Lane, MachineLink, Status
from telemetry.treatment import Phase

__all__ = ["Fleet", "FleetOptions", "default_units", "read_units", "run_fleet"]

_HOMES_PER_CONNECTION: Final = 250
_MOST_CONNECTIONS: Final = 8
_TRACKS: Final = 8
_TRACK_S: Final = 600
_PACE_S: Final = 0.005
_LOOK_AGAIN_S: Final = 0.5


def run_fleet(options: FleetOptions, clock: Clock, stop: threading.Event, out: TextIO) -> int:
    """Send the load, print the result as one JSON object; 0 when every row was acknowledged, else 1."""
    result = Fleet(options, clock).run(stop)
    print(json.dumps(result), file=out)
    return 0 if result["ok"] else 1


class Fleet:
    """One run; SettingsError for options that make none."""

    def __init__(self, options: FleetOptions, clock: Clock) -> None:
        if not options.units or not options.hz > 0.0 or not options.seconds > 0.0:
            raise SettingsError("simulate fleet", hint="homes, hz and seconds are greater than 0")
        self._options, self._clock = options, clock
        self._epoch = secrets.token_hex(8)  # never from the seed: the same epoch again would be a duplicate
        self._ledger = Ledger(len(options.units), self._epoch)
        self._lock = threading.Lock()
        self._up = [topics.home(shard, unit, "up") for unit, shard in options.units]
        self._unit_of = {topics.home(shard, unit, "down"): i for i, (unit, shard) in enumerate(options.units)}
        self._connections = self._plan_connections()
        self._tracks = compute(options.seed, min(_TRACKS, len(options.units)), _TRACK_S)
        self._slip_s = 0.0

    def run(self, stop: threading.Event) -> dict[str, Any]:
        """The whole run; HomehdError when the broker cannot be reached."""
        truth = TruthFile(self._options.truth) if self._options.truth else None
        try:
            self._connect()
            self._announce(online=True)
            elapsed_s = self._send_all(stop, truth)
            self._wait_for_acks(stop)
            self._announce(online=False)
        finally:
            for connection in self._connections:
                connection.close()
            if truth:
                truth.close()
        return self._result(elapsed_s)

    def _result(self, elapsed_s: float) -> dict[str, Any]:
        o = self._options
        with self._lock:
            books = self._ledger.result()
        return {
            "homes": len(o.units),
            "hz": o.hz,
            "seconds": round(elapsed_s, 2),
            **books,
            "messages_per_s": round(books["sent"] / elapsed_s, 1) if elapsed_s else None,
            "behind_schedule_ms": round(1000.0 * self._slip_s, 1),
            "epoch": self._epoch,
            "ok": books["lost"] == 0 and books["refused"] == 0,
        }

    def _plan_connections(self) -> list[Connection]:
        count = min(_MOST_CONNECTIONS, -(-len(self._up) // _HOMES_PER_CONNECTION))
        downs, name = list(self._unit_of), f"sim-fleet-{os.getpid()}"
        return [Connection(self._options.broker, f"{name}-{k}", downs[k::count], self._heard) for k in range(count)]

    def _connect(self) -> None:
        for connection in self._connections:
            connection.open()
        for connection in self._connections:
            connection.wait_until_subscribed()

    def _heard(self, topic: str, ack: Ack) -> None:
        with self._lock:
            self._ledger.settle(self._unit_of[topic], ack, self._clock.monotonic_s())

    def _send_all(self, stop: threading.Event, truth: TruthFile | None) -> float:
        """Send every row at its time, homes evenly spread over each period; seconds it took."""
        homes = len(self._up)
        per_s = homes * self._options.hz
        total = max(1, round(per_s * self._options.seconds))
        start = look_again = self._clock.monotonic_s()
        number = 0
        while number < total and not stop.is_set():
            now = self._clock.monotonic_s()
            due = min(total, int((now - start) * per_s) + 1)
            self._slip_s = max(self._slip_s, now - start - number / per_s)
            for index in range(number, due):
                self._send_new(index % homes, index // homes, truth)
            number = due
            if now - look_again > _LOOK_AGAIN_S:
                look_again = now
                self._resend()
            stop.wait(_PACE_S)
        return self._clock.monotonic_s() - start

    def _send_new(self, unit: int, seq: int, truth: TruthFile | None) -> None:
        track = self._tracks[unit % len(self._tracks)]
        # Homes of one track are at different places in it, and it runs on at its own pace whatever the rate.
        sample = track[(int(seq / self._options.hz) + 17 * unit) % len(track)]
        now_s = self._clock.monotonic_s()
        row = Row(unit, seq, self._clock.now_us(), int(now_s * 1000), sample, now_s, now_s)
        with self._lock:
            self._ledger.add(row)
        self._publish(row)
        if truth:
            truth.write(self._truth_line(row))

    def _publish(self, row: Row) -> None:
        unit, _shard = self._options.units[row.unit]
        batch = Batch(
            version=SCHEMA_VERSION,
            unit=unit,
            epoch=self._epoch,
            boot=self._clock.boot_id(),
            sent_us=self._clock.now_us(),
            lane=Lane.LIVE,
            first_seq=row.seq,
            count=1,
            offsets=b"",
            times=struct.pack("<q", row.time_us),
            monos=struct.pack("<q", row.mono_ms),
            flags=bytes([Flag.CLOCK_SYNCHRONISED]),
            phases=bytes([row.sample.phase]),
            invalid=b"",
            columns=row.sample.columns,
        )
        self._connection(row.unit).publish(self._up[row.unit], wire.encode_batch(batch))

    def _connection(self, unit: int) -> Connection:
        return self._connections[unit % len(self._connections)]

    def _truth_line(self, row: Row) -> dict[str, Any]:
        return {
            "t": row.time_us / MICROSECONDS,
            "unit": self._options.units[row.unit][0],
            "epoch": self._epoch,
            "seq": row.seq,
            "phase": Phase(row.sample.phase).name,
            "readings": row.sample.readings(),
        }

    def _resend(self) -> None:
        with self._lock:
            late = self._ledger.overdue(self._clock.monotonic_s(), self._options.resend_s)
        for row in late:
            self._publish(row)

    def _wait_for_acks(self, stop: threading.Event) -> None:
        end = self._clock.monotonic_s() + self._options.grace_s
        while self._outstanding() and self._clock.monotonic_s() < end and not stop.is_set():
            self._resend()
            stop.wait(0.05)

    def _outstanding(self) -> int:
        with self._lock:
            return self._ledger.outstanding

    def _announce(self, *, online: bool) -> None:
        for i, (unit, shard) in enumerate(self._options.units):
            status = Status(
                version=SCHEMA_VERSION,
                unit=unit,
                online=online,
                sent_us=self._clock.now_us(),
                epoch=self._epoch,
                boot=self._clock.boot_id(),
                agent_version="fleet-simulator",
                synchronised=True,
                machine=MachineLink.CONNECTED if online else MachineLink.DISCONNECTED,
            )
            self._connection(i).publish(topics.home(shard, unit, "status"), wire.encode(status), qos=1, retain=True)
