"""A machine that speaks the HL7 guide: MLLP, agent, Mosquitto, ingest, PostgreSQL; and the agent killed on the way."""

from __future__ import annotations

import contextlib
import random
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homehd.brokers import free_port
from homehd.children import stop_all
from protocols.hl7_dialysis.encode import Sender, encode_readings
from store import pool
from telemetry.signals import BY_NAME
from tests.system import Home, System, running, wait_for

pytestmark = [pytest.mark.mosquitto, pytest.mark.usefixtures("mosquitto")]


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    yield from running(tmp_path, "mosquitto")


def add_talking_home(system: System, scenario: str, *, every: float, onset: float) -> Home:
    """A home whose machine connects to the box."""
    home = system.add_home(1)
    config, listen = home.folder / "edge.toml", f"127.0.0.1:{free_port()}"
    text = config.read_text()
    start, end = text.index("[machine]"), text.index("[outbox]")
    machine = f'[machine]\nprotocol = "hl7_dialysis"\nprofile = "rev4"\nlisten = "{listen}"\n'
    config.write_text(text[:start] + machine + text[end:])
    home.machine = system.child(
        "machine-hl7", "simulate", "machine", "--protocol", "hl7_dialysis", "--profile", "rev4", "--connect", listen,
        "--scenario", scenario, "--seed", "5", "--start-minute", "30", "--onset", str(onset), "--every", str(every),
        "--truth", str(home.folder / "truth.jsonl"),
    )  # fmt: skip
    return home


def readings(system: System, home: Home) -> list[dict[str, float]]:
    return [
        {name: float(row[name]) for name in BY_NAME if name in row and row[name] is not None}
        for row in system.stored(home)
    ]


def is_same(row: dict[str, float], line: dict[str, Any]) -> bool:
    expected = {name: value for name, value in line["readings"].items() if name in row or name not in _ENUMERATED}
    return row == pytest.approx({name: expected[name] for name in expected if name in BY_NAME}, rel=1e-6)


# Kept beside the values, as the row's phase.
_ENUMERATED = ("machine_mode",)


def match(rows: list[dict[str, float]], truth: list[dict[str, Any]]) -> tuple[list[int], list[dict[str, Any]]]:
    """Rows that are no line's, and accepted lines that have no row; each line explains one row, in order."""
    lost, at = [], 0
    for line in truth:
        if at < len(rows) and is_same(rows[at], line):
            at += 1
        elif line["answer"] == "AA":
            lost.append(line)
    return list(range(at, len(rows))), lost


def events(system: System, home: Home) -> list[tuple[str, bool, str]]:
    with pool.connect(system.database.url) as conn:
        cursor = conn.execute(
            "SELECT name, active, signal FROM machine_event WHERE unit_id = %s AND kind = 'alarm' ORDER BY epoch, seq",
            (home.unit_id,),
        )
        return [tuple(row) for row in cursor]


def extras(system: System, home: Home) -> dict[str, str]:
    with pool.connect(system.database.url) as conn:
        found: dict[str, str] = {}
        for (values,) in conn.execute(
            "SELECT extra FROM reading_extra WHERE unit_id = %s ORDER BY epoch, seq", (home.unit_id,)
        ):
            found |= values
        return found


def test_what_an_hl7_machine_shows_is_what_is_stored(system: System) -> None:
    home = add_talking_home(system, "air", every=1.0, onset=8.0)
    system.start_services()
    home.agent.start()
    home.machine.start()
    wait_for("an alarm and forty messages", lambda: len(home.truth) >= 40, 120, system)
    stop_all([home.machine])
    count = len([line for line in home.truth if line["answer"] == "AA"])
    wait_for("every row", lambda: len(system.stored(home)) >= count, 60, system)

    assert {line["answer"] for line in home.truth[:-1]} == {"AA"}
    rows = readings(system, home)
    assert all(len(row) >= 15 for row in rows)
    unexplained, lost = match(rows, home.truth)
    assert (unexplained, lost) == ([], []), f"{len(rows)} rows, {len(home.truth)} lines\n{system.explain()}"
    begun = {name for name, active, _ in events(system, home) if active}
    assert begun >= {alarm["event"] for line in home.truth for alarm in line["alarms"]} != set()
    kept = extras(system, home)
    assert "…" in kept["arterial_pressure.limits"] and kept["serial_number"] == "SIM00005"


def test_what_was_accepted_survives_a_killed_agent_and_nothing_is_doubled(system: System) -> None:
    home = add_talking_home(system, "steady", every=0.5, onset=600.0)
    system.start_services()
    home.agent.start()
    home.machine.start()
    rng = random.Random(5)
    for _ in range(5):
        before = len(home.truth)
        goal = before + rng.randint(4, 12)
        wait_for("messages", lambda goal=goal: len(home.truth) >= goal, 120, system)
        home.agent.kill()
        home.agent.start()
    goal = len(home.truth) + 8
    wait_for("messages after the last kill", lambda: len(home.truth) >= goal, 120, system)
    stop_all([home.machine])
    count = len([line for line in home.truth if line["answer"] == "AA"])
    wait_for("every accepted row", lambda: len(system.stored(home)) >= count, 60, system)

    unexplained, lost = match(readings(system, home), home.truth)
    resent = [line for line in home.truth if line["attempts"] > 1]
    print(f"{len(home.truth)} messages, {len(resent)} sent twice, {count} accepted")
    assert (unexplained, lost) == ([], []), system.explain()


def said_aa(listen: str, message: bytes) -> bool:
    """Send over a connection of its own; whether it was accepted."""
    host, _, port = listen.rpartition(":")
    with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=5.0) as machine:
        machine.sendall(message)
        return b"MSA|AA|" in machine.recv(65536)
    return False


def test_a_message_kept_but_not_answered_before_the_kill_is_not_doubled(system: System) -> None:
    home = add_talking_home(system, "steady", every=1.0, onset=600.0)
    listen = str(tomllib.loads((home.folder / "edge.toml").read_text())["machine"]["listen"])
    system.start_services()
    values = {"machine_mode": 3.0, "venous_pressure": 140.0}
    messages = [encode_readings(Sender(), str(n), 1_677_672_000_000_000 + n, values) for n in range(4)]
    home.agent.start()
    for message in messages:
        # Killed after the disk and before the machine hears of it: to the machine it is as if nobody had answered.
        wait_for("the first sending", lambda message=message: said_aa(listen, message), 30, system)
        home.agent.kill()
        home.agent.start()
        wait_for("the second sending", lambda message=message: said_aa(listen, message), 30, system)
    wait_for("four rows", lambda: len(system.stored(home)) >= 4, 60, system)
    stop_all([home.agent])
    wait_for("what was left", lambda: len(system.stored(home)) >= 4, 10, system)
    assert len(system.stored(home)) == 4, "each once, though each was sent twice"
