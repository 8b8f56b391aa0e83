"""Question: does it pay to compress the backlog after an outage, how hard, and what does it cost the box?

Rows as an agent keeps them, one a second, of simulated treatments: the 16 values of a JSDT frame, 24 signals in tenths,
and 24 signals with every bit of their noise (no machine shows that; it is the worst there is). They go into messages of
240 and of 60 rows as the agent packs them; each message is then compressed in turn by everything that was thought of.
`plain` is the form on the wire without compression, `deflate` what the agent sends: zlib's level 6 with a small window.
`differences` first turns times into differences and splits numbers into planes of bytes, `lzma` needs no new dependency
either. Printed: bytes and processor time per row (best of several runs), and how long 72 hours at 1 Hz take on a
64 kbit/s line that carries nothing else. Baseline: bench/lanes.txt.

    ./run bench lanes [--quick]
"""

from __future__ import annotations

import argparse
import lzma
import struct
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from random import Random
from typing import Final

import msgspec

from edge_agent.acquisition import Acquisition, Record, Stamp
from protocols.events import Alarm, Observation
from protocols.jsdt.decoder import JsdtDecoder
from protocols.jsdt.encode import encode
from protocols.jsdt.profiles import get_profile
from simulators import tracks
from simulators.extras import extras_of
from simulators.scenario import Beginning, build, load_scenario
from telemetry import compression, wire
from telemetry.messages import Batch, Event, Lane, Reading
from telemetry.treatment import Phase

START_US: Final = 1_750_000_000_000_000
TREATMENT_S: Final = 4 * 3600
LINE_BYTES_PER_S: Final = 8000
OUTAGE_ROWS: Final = 72 * 3600
# An alarm every so many seconds, for a tenth of it: more events than any treatment has.
ALARM_EVERY_S: Final = 120
ALARM: Final = Alarm("MDC_EVT_HI_GT_LIM", 196648, "venous_pressure")


def shown(kind: str, seconds: int) -> list[Observation]:
    """What a machine shows in so many seconds: kind "jsdt", "tenths" or "raw"."""
    if kind == "jsdt":
        return list(_frames(seconds))
    (track,) = tracks.compute(1, 1, seconds)
    return [
        _observation(
            {name: round(value, 1) if kind == "tenths" else value for name, value in sample.readings().items()},
            Phase(sample.phase), second,
        )
        for second, sample in enumerate(track)
    ]  # fmt: skip


def _frames(seconds: int) -> Iterator[Observation]:
    machine, profile = build(load_scenario("steady"), 1, Beginning(minute=10.0)), get_profile("nikkiso-v2")
    decoder = JsdtDecoder(profile)
    for _ in range(seconds):
        machine.step(1.0)
        frame = encode(profile, machine.values, machine.alarms, phase=machine.phase, extras=extras_of(machine))
        yield from (seen for seen in decoder.receive(frame) if isinstance(seen, Observation))


def _observation(values: dict[str, float], phase: Phase, second: int) -> Observation:
    alarms = frozenset({ALARM}) if second % ALARM_EVERY_S < ALARM_EVERY_S // 10 else frozenset[Alarm]()
    return Observation(0, values, {}, alarms, phase, False, {})


def kept(observations: Sequence[Observation], rows: int, first_us: int) -> Iterator[list[Record]]:
    """What the agent puts into its outbox for each of `rows` seconds, the observations told again and again."""
    acquisition, chance = Acquisition(), Random(1)
    for second in range(rows):
        late_us = round(abs(chance.gauss(0.0, 3000.0)))  # no poll is answered to the microsecond
        at = Stamp(first_us + second * 1_000_000 + late_us, 1000 * second + late_us // 1000, True)
        yield acquisition.observed(observations[second % len(observations)], at)


def batches(kind: str, count: int, rows: int) -> list[Batch]:
    """`count` messages of `rows` readings each, numbered as the outbox would."""
    records = [r for group in kept(shown(kind, count * rows), count * rows, START_US) for r in group]
    numbered = [msgspec.structs.replace(record, seq=seq) for seq, record in enumerate(records, start=1)]
    readings = [record for record in numbered if isinstance(record, Reading)]
    return [_batch(readings[at : at + rows]) for at in range(0, len(readings), rows)]


def _batch(readings: Sequence[Reading]) -> Batch:
    boot = "3e0c9c1e-5f7a-4c39-9be1-c1d4f54e9ad4"
    return wire.build_batch(
        unit="k7m2qx4d", epoch="0123456789abcdef", boot=boot, sent_us=START_US, lane=Lane.BACKFILL, readings=readings,
        events=list[Event](),
    )  # fmt: skip


def differences(batch: Batch) -> bytes:
    """A batch with its times as differences and every column as planes of bytes."""
    apart = {name: _planes(_steps(getattr(batch, name)), 8) for name in ("times", "monos")}
    columns = {number: _planes(column, 4) for number, column in batch.columns.items()}
    return wire.encode(msgspec.structs.replace(batch, columns=columns, **apart))


def _steps(column: bytes) -> bytes:
    numbers = struct.unpack(f"<{len(column) // 8}q", column)
    return struct.pack(f"<{len(numbers)}q", numbers[0], *(b - a for a, b in pairwise(numbers)))


def _planes(column: bytes, width: int) -> bytes:
    return b"".join(column[place::width] for place in range(width))


WAYS: Final[dict[str, Callable[[Batch], bytes]]] = {
    "plain": wire.encode,
    "zlib 1": lambda batch: zlib.compress(wire.encode(batch), 1),
    "deflate": lambda batch: compression.deflate(wire.encode(batch)),
    "zlib 6": lambda batch: zlib.compress(wire.encode(batch), 6),
    "zlib 9": lambda batch: zlib.compress(wire.encode(batch), 9),
    "differences": lambda batch: compression.deflate(differences(batch)),
    "lzma": lambda batch: lzma.compress(wire.encode(batch), lzma.FORMAT_ALONE),
}


def microseconds(work: Callable[[Batch], object], over: Sequence[Batch], rows: int, runs: int) -> float:
    """Processor time per row, the best of `runs`."""
    best = float("inf")
    for _ in range(runs):
        before = time.process_time_ns()
        for batch in over:
            work(batch)
        best = min(best, time.process_time_ns() - before)
    return best / 1000 / len(over) / rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a short form that only shows that it works")
    options = parser.parse_args(arguments)
    count, runs = (2, 1) if options.quick else (40, 7)
    print("rows     a message  way          B/row  of plain  encode, µs/row  decode  72 h at 64 kbit/s")
    for kind in ("jsdt", "tenths", "raw"):
        for rows in (240, 60):
            over = batches(kind, count, rows)
            plain = sum(len(wire.encode(batch)) for batch in over)
            for name, way in WAYS.items():
                sent = [way(batch) for batch in over]
                size = sum(map(len, sent))
                packing = microseconds(way, over, rows, runs)
                reading = ""
                if name in ("plain", "deflate"):
                    data = {id(batch): one for batch, one in zip(over, sent, strict=True)}
                    took = microseconds(lambda batch, of=data: wire.decode_batch(of[id(batch)]), over, rows, runs)  # type: ignore[misc]
                    reading = f"{took:.2f}"
                per_row = size / count / rows
                minutes = per_row * OUTAGE_ROWS / LINE_BYTES_PER_S / 60
                print(
                    f"{kind:8} {rows:9}  {name:11} {per_row:6.1f}  {size / plain:8.2f}  {packing:14.2f}"
                    f"  {reading:>6}  {minutes:13.0f} min"
                )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
