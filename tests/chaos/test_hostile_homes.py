"""Homes that send what no agent of ours would, over a real Mosquitto to a real ingest, while honest ones go on.

Nothing stops; every message ends in quarantine with its reason and is counted, or is stored as documented; what a home
can make ingest remember is bounded.
"""

from __future__ import annotations

import re
import struct
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.request import ProxyHandler, build_opener

import msgspec
import paho.mqtt.client as mqtt
import pytest

from homehd.brokers import free_port
from ingest.admission import Reason
from ingest.fairness import EPOCHS_BURST
from simulators.fleet import Fleet, FleetOptions
from store import pool, registry
from store.registry import Unit
from telemetry import topics, wire
from telemetry.clock import SystemClock
from telemetry.messages import SCHEMA_VERSION, Batch, Event, EventKind, Lane, MachineLink, Reading, Status
from tests.system import System, wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

EPOCH: Final = "00112233445566ff"
FAR: Final = 2**63 - 1
HONEST: Final = 5


def reading(seq: int = 0, time_us: int | None = None, **changes: Any) -> Reading:
    at = time.time_ns() // 1000 if time_us is None else time_us
    return msgspec.structs.replace(Reading(seq, at, 1_000_000 + seq, 1, 3, {2: -120.0, 3: 140.0}), **changes)


def batch(home: Unit, *readings: Reading, events: list[Event] | None = None, **changes: Any) -> Batch:
    made = wire.build_batch(
        unit=home.name, epoch=EPOCH, boot="b", sent_us=time.time_ns() // 1000, lane=Lane.LIVE,
        readings=readings if readings or events else [reading()], events=events or [],
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def sent(home: Unit, *readings: Reading, **changes: Any) -> bytes:
    return wire.encode(batch(home, *readings, **changes))


def bomb(says: int, holds: int) -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, -12)
    return struct.pack("<BI", 0xC1, says) + stream.compress(bytes(holds)) + stream.flush()


def event(seq: int, **changes: Any) -> Event:
    made = Event(seq, time.time_ns() // 1000, 1, 1, EventKind.ALARM, "MDC_EVT_ALARM", 196616, True)
    return msgspec.structs.replace(made, **changes)


def nested(depth: int) -> bytes:
    return b"\x91" * depth + b"\xc0"


# What is sent on the home's own topic, and why it is not taken.
REFUSED: Final[dict[str, tuple[Callable[[Unit], bytes], Reason]]] = {
    "nothing": (lambda _unit: b"", Reason.UNDECODABLE),
    "noise": (lambda _unit: bytes(range(256)) * 8, Reason.UNDECODABLE),
    "cut short": (lambda unit: sent(unit)[:-3], Reason.UNDECODABLE),
    "something behind": (lambda unit: sent(unit) + b"\0", Reason.UNDECODABLE),
    "JSON": (lambda _unit: b'{"readings": [1, 2, 3]}', Reason.UNDECODABLE),
    "an array of four milliards": (lambda _unit: b"\xdd\xff\xff\xff\xff", Reason.UNDECODABLE),
    "forty thousand arrays in each other": (lambda _unit: nested(40_000), Reason.UNDECODABLE),
    "an older schema": (lambda unit: sent(unit, version=0), Reason.WRONG_SCHEMA),
    "a newer schema": (lambda unit: sent(unit, version=SCHEMA_VERSION + 1), Reason.NEWER),
    "two milliard rows": (lambda unit: sent(unit, count=2**31), Reason.UNDECODABLE),
    "minus one rows": (lambda unit: sent(unit, count=-1), Reason.UNDECODABLE),
    "no rows": (
        lambda unit: sent(unit, count=0, times=b"", monos=b"", flags=b"", phases=b"", columns={}), Reason.UNDECODABLE,
    ),
    "65 events": (lambda unit: sent(unit, events=[event(n) for n in range(65)]), Reason.UNDECODABLE),
    "a number too high": (lambda unit: sent(unit, reading(2**62)), Reason.UNDECODABLE),
    "a number below nothing": (lambda unit: sent(unit, first_seq=-1), Reason.UNDECODABLE),
    "the highest number and one more": (
        lambda unit: sent(unit, first_seq=2**62 - 1, offsets=struct.pack("<I", 1)), Reason.UNDECODABLE,
    ),
    "numbers that fall": (
        lambda unit: sent(unit, reading(0), reading(1), offsets=struct.pack("<2I", 5, 4)), Reason.UNDECODABLE,
    ),
    "a column cut short": (lambda unit: sent(unit, times=b"\0" * 7), Reason.UNDECODABLE),
    "an epoch that is none": (lambda unit: sent(unit, epoch="../../etc/passwd"), Reason.UNDECODABLE),
    "a boot of a megabyte's kind": (lambda unit: sent(unit, boot="b" * 40_000), Reason.UNDECODABLE),
    "an event at the end of time": (lambda unit: sent(unit, events=[event(1, time_us=FAR)]), Reason.UNDECODABLE),
    "a text that turns round": (lambda unit: sent(unit, events=[event(1, text="a\u202eb")]), Reason.UNDECODABLE),
    "a NUL": (lambda unit: sent(unit, reading(0, extras={"a": "b\0c"})), Reason.UNDECODABLE),
    "more than a message may have": (lambda _unit: bytes(wire.MAX_BYTES + 1), Reason.TOO_LARGE),
    "ten megabytes": (lambda _unit: bytes(10 * 1024 * 1024), Reason.TOO_LARGE),
    "a bomb that says so": (lambda _unit: bomb(2**32 - 1, 40_000_000), Reason.TOO_LARGE),
    "a bomb that lies": (lambda _unit: bomb(1000, 40_000_000), Reason.UNDECODABLE),
    "a bomb of nothing": (lambda _unit: bomb(0, 40_000_000), Reason.UNDECODABLE),
    "a compressed bomb in a compressed batch": (lambda _unit: bomb(40_000, 40_000)[:-2], Reason.UNDECODABLE),
    "another home's name": (lambda unit: sent(unit, unit="somebody-else"), Reason.MISMATCH),
}  # fmt: skip

# What is stored, and how many rows of it with a time that cannot be.
STORED: Final[dict[str, tuple[Callable[[Unit], bytes], int]]] = {
    "the highest number": (lambda unit: sent(unit, reading(2**62 - 1)), 0),
    "not a number, infinite, as large as can be": (
        lambda unit: sent(unit, reading(values={2: float("nan"), 3: float("inf"), 4: -3e38})), 0,
    ),
    "1970": (lambda unit: sent(unit, reading(0, 0, mono_ms=0), lane=Lane.BACKFILL), 1),
    "before the beginning of time": (lambda unit: sent(unit, reading(0, -FAR - 1), sent_us=-FAR - 1), 1),
    "the end of time": (lambda unit: sent(unit, reading(0, FAR, mono_ms=FAR), sent_us=FAR), 1),
    "sent at the end of time": (lambda unit: sent(unit, sent_us=2**64 - 1), 0),
    "up since the end of time": (lambda unit: sent(unit, reading(mono_ms=-FAR - 1)), 0),
    "every flag and a phase nobody has": (lambda unit: sent(unit, reading(flags=255, phase=255)), 0),
    "an event before 1970": (lambda unit: sent(unit, events=[event(1, time_us=-(2**61))]), 1),
}  # fmt: skip


class Hostile:
    """A connection that may say anything, as a rogue with many homes' certificates."""

    def __init__(self, system: System) -> None:
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self._client.connect("127.0.0.1", system.broker.port)
        self._client.loop_start()

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(20)

    def say_at_once(self, topic: str, payload: bytes) -> None:
        self._client.publish(topic, payload)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Watched:
    """Ingest as its figures show it."""

    def __init__(self, system: System, port: int) -> None:
        self._system, self._port = system, port

    def figures(self) -> dict[str, float]:
        with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{self._port}/metrics", timeout=30) as answer:
            found = re.findall(r"^(homehd_ingest_.+) (\S+)$", answer.read().decode(), re.M)
        return {name: float(value) for name, value in found}

    def quarantined(self, reason: Reason) -> float:
        return self.figures().get(f'homehd_ingest_quarantined_total{{reason="{reason}"}}', 0.0)

    def resident_mb(self) -> float:
        text = Path(f"/proc/{self._system.ingest.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024  # type: ignore[index]


@pytest.fixture
def system(tmp_path: Path, mosquitto: None) -> Any:
    system = System(tmp_path, "mosquitto")
    yield system
    system.close()


@pytest.fixture
def watched(system: System, tmp_path: Path) -> Watched:
    port = free_port()
    (tmp_path / "ingest.toml").write_text(f"ingest_health_port = {port}\n")
    system.ingest = system.child("ingest", "ingest", "--config", str(tmp_path / "ingest.toml"))
    return Watched(system, port)


def provision(system: System, count: int, label: str) -> list[Unit]:
    with pool.connect(system.database.url) as conn, pool.transaction(conn):
        return [registry.add_unit(conn, f"{label} {n}", label, time.time_ns() // 1000) for n in range(count)]


def honest(system: System, seconds: float) -> tuple[threading.Thread, list[dict[str, Any]]]:
    """Homes that go on meanwhile, and what became of their rows."""
    units = tuple((unit.name, unit.shard) for unit in provision(system, HONEST, "Honest"))
    options = FleetOptions(system.broker.url, units, 2.0, seconds, grace_s=60.0, resend_s=4.0)
    results: list[dict[str, Any]] = []
    thread = threading.Thread(target=lambda: results.append(Fleet(options, SystemClock()).run(threading.Event())))
    thread.start()
    return thread, results


def up(unit: Unit) -> str:
    return topics.home(unit.shard, unit.name, "up")


def test_every_message_has_its_end_and_honest_homes_go_on(system: System, watched: Watched) -> None:
    refused = dict(zip(REFUSED, provision(system, len(REFUSED), "Refused"), strict=True))
    stored = dict(zip(STORED, provision(system, len(STORED), "Stored"), strict=True))
    gone, moved, tricky, talks = provision(system, 4, "Special")
    with pool.connect(system.database.url) as conn:
        registry.revoke_unit(conn, gone.name, time.time_ns() // 1000)
    system.ingest.start()
    wait_for("ingest", lambda: "ingest ready" in system.ingest.log_file.read_text(), 30, system)
    load, results = honest(system, 8.0)
    hostile = Hostile(system)
    expected: dict[str, Reason] = {}
    for what, unit in refused.items():
        make, reason = REFUSED[what]
        hostile.say(up(unit), make(unit))
        expected[unit.name] = reason
    for what, unit in stored.items():
        hostile.say(up(unit), STORED[what][0](unit))
    hostile.say(up(gone), sent(gone))
    expected[gone.name] = Reason.REVOKED
    hostile.say(topics.home((moved.shard + 1) % 64, moved.name, "up"), sent(moved))
    expected[moved.name] = Reason.WRONG_SHARD
    for topic in (
        f"hhd/1/64/{tricky.name}/up", f"hhd/1/-1/{tricky.name}/up", f"hhd/1/{tricky.shard}/{tricky.name.upper()}/up",
        f"hhd/1/{tricky.shard}/../up", f"hhd/1/{tricky.shard}//up", f"hhd/1/\u0663/{tricky.name}/up",
        f"hhd/1/{tricky.shard}/{'x' * 60_000}/up", "hhd/1/\u202e/x/up", f"hhd/1/0{tricky.shard}/{tricky.name}/up",
    ):  # fmt: skip
        hostile.say(topic, sent(tricky))
    hostile.say(topics.home(5, "nobody", "up"), sent(tricky, unit="nobody"))
    status = Status(
        SCHEMA_VERSION, talks.name, True, 2**64 - 1, outbox_rows=2**64 - 1, outbox_oldest_us=-FAR - 1, thinned=-1,
        rejected=2**63, machine=MachineLink.CONNECTED, certificate_until_us=FAR,
    )  # fmt: skip
    for payload in (wire.encode(status), wire.encode(status)[:-2], bytes(300_000), nested(40_000)):
        hostile.say(topics.home(talks.shard, talks.name, "status"), payload, retain=True)

    load.join()
    hostile.close()
    assert results[0]["ok"] is True and results[0]["resent"] == 0, "honest homes waited for nobody"
    assert system.ingest.running and system.ingest.starts == 1
    figures = watched.figures()
    assert figures['homehd_ingest_quarantined_total{reason="topic and unit differ"}'] == 1 + 9
    assert figures['homehd_ingest_quarantined_total{reason="unknown unit"}'] == 1
    impossible = sum(count for _, count in STORED.values())
    assert figures['homehd_ingest_rows_total{outcome="impossible time"}'] == impossible
    assert not any(name.startswith("homehd_ingest_resets") for name in figures), "nothing was started over"
    with pool.connect(system.database.url) as conn:
        kept = conn.execute("SELECT unit, reason FROM quarantine WHERE unit = ANY(%s)", [list(expected)]).fetchall()
        assert {unit: Reason(reason) for unit, reason in kept} == expected
        for what, unit in stored.items():
            found = conn.execute(
                "SELECT count(*) FROM (SELECT seq FROM reading WHERE unit_id = %(unit)s UNION ALL"
                " SELECT seq FROM machine_event WHERE unit_id = %(unit)s) AS stored",
                {"unit": unit.unit_id},
            ).fetchone()
            assert found == (1,), what
        assert conn.execute("SELECT online FROM unit_status WHERE unit_id = %s", [talks.unit_id]).fetchone() == (True,)


def epochs(rogue: Unit, number: int) -> bytes:
    return sent(rogue, epoch=f"{number:016x}")


def holes(rogue: Unit, number: int) -> bytes:
    rows = [reading(2 * (number * wire.MAX_ROWS + row)) for row in range(wire.MAX_ROWS)]
    return wire.encode_batch(batch(rogue, *rows), compressed=True)


@pytest.mark.parametrize(("make", "count"), [(epochs, 12_000), (holes, 800)], ids=["epochs", "holes"])
def test_one_that_floods_holds_up_nobody_and_fills_no_memory(
    make: Callable[[Unit, int], bytes], count: int, system: System, watched: Watched
) -> None:
    """Thousands of epochs; a hole behind every number, and more rows than rules can see. Little to send, much to do."""
    (rogue,) = provision(system, 1, "Rogue")
    flood = [make(rogue, number) for number in range(count)]
    system.ingest.start()
    wait_for("ingest", lambda: "ingest ready" in system.ingest.log_file.read_text(), 30, system)
    load, results = honest(system, 8.0)
    wait_for(
        "honest rows", lambda: watched.figures().get('homehd_ingest_rows_total{outcome="accept"}', 0) > 20, 30, system
    )
    before_mb = watched.resident_mb()
    hostile = Hostile(system)
    for payload in flood:
        hostile.say_at_once(up(rogue), payload)
    load.join()
    hostile.close()
    assert results[0]["ok"] is True
    assert results[0]["latency_ms"]["max"] < 15_000, "two seconds where nobody else uses the machine"
    figures = watched.figures()
    assert figures["homehd_ingest_surplus_messages_total"] > 0
    if make is epochs:
        assert watched.quarantined(Reason.EPOCHS) > 0
        with pool.connect(system.database.url) as conn:
            (kept,) = conn.execute("SELECT count(*) FROM received WHERE unit_id = %s", [rogue.unit_id]).fetchone() or (
                0,
            )
        assert kept <= EPOCHS_BURST + 2
    assert watched.resident_mb() - before_mb < 80
