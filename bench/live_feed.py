"""Live frames as ingest sends them, of so many homes at so many readings a second: part of `bench.live`.

    python -m bench.live_feed BROKER HZ UNIT:SHARD …

Ingest's own book makes the frames (at most five a second and shard). A reading's time is the moment its frame is
published, so that whoever receives it can tell how long it was on its way. Ends when its input does.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Final

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from bench.ingest_path import MEASURED, usual
from ingest.live import LiveBook
from telemetry import broker_address, wire
from telemetry.messages import Flag, LiveFrame, LiveReading
from telemetry.treatment import Phase

LOOK_S: Final = 0.01


def main() -> int:
    """Publish until the input ends."""
    address, hz = broker_address.parse(sys.argv[1]), float(sys.argv[2])
    units = [(unit, int(shard)) for unit, _, shard in (word.partition(":") for word in sys.argv[3:])]
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect(address.host, address.port)
    client.loop_start()
    stop = threading.Event()
    threading.Thread(target=_until_end, args=(stop,), daemon=True).start()
    publish(client, units, hz, stop)
    client.disconnect()
    client.loop_stop()
    return 0


def _until_end(stop: threading.Event) -> None:
    sys.stdin.read()
    stop.set()


def publish(client: mqtt.Client, units: list[tuple[str, int]], hz: float, stop: threading.Event) -> None:
    """Each home in turn, evenly over the second."""
    book, owned = LiveBook(), {shard for _, shard in units}
    start_s, taken = time.monotonic(), 0
    while not stop.wait(LOOK_S):
        now_s = time.monotonic()
        due = int((now_s - start_s) * hz * len(units))
        # After a pause of the machine's: the newest second, not all that was missed.
        for number in range(max(taken, due - len(units)), due):
            unit, shard = units[number % len(units)]
            book.reading(shard, reading(unit, number))
        taken = due
        for topic, frame in book.due(now_s, time.time_ns() // 1000, owned):
            client.publish(topic, wire.encode(stamped(frame)), qos=0)


def reading(unit: str, number: int) -> LiveReading:
    """Twenty-four values that differ from those before."""
    values = {signal.number: usual(signal) + number % 97 * 0.1 for signal in MEASURED}
    return LiveReading(unit, 0, 0, number, int(Phase.TX), int(Flag.CLOCK_SYNCHRONISED), 0, values)


def stamped(frame: LiveFrame) -> LiveFrame:
    """The frame with every reading's times put to now."""
    now_us = time.time_ns() // 1000
    readings = [msgspec.structs.replace(one, time_us=now_us, received_us=now_us) for one in frame.readings]
    return msgspec.structs.replace(frame, readings=readings)


if __name__ == "__main__":
    sys.exit(main())
