"""From a gateway at the home's own broker to the database: what is stored is what was said, each thing once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homehd.brokers import Broker
from homehd.children import Child
from store import pool
from telemetry.signals import BY_NAME
from tests.system import Home, System, running, wait_for

pytestmark = pytest.mark.mosquitto
BESIDE = ("systolic", "diastolic", "mean_pressure", "pulse_rate", "weight_before", "weight_after")
SPEED = 8


@pytest.fixture
def system(tmp_path: Path, mosquitto: None) -> Iterator[System]:
    yield from running(tmp_path, "mosquitto")


@pytest.fixture
def home_broker(tmp_path: Path, mosquitto: None) -> Iterator[Broker]:
    broker = Broker("mosquitto", tmp_path / "home-broker")
    broker.start()
    yield broker
    broker.stop()


def add_gateway(home: Home, broker: Broker, machine: str) -> None:
    """Tell the agent's configuration of the home's broker, and in `machine` of the machine."""
    path = home.folder / "edge.toml"
    text = re.sub(r"\[machine\]\n(.*\n)*?(?=\[outbox\])", f"[machine]\n{machine}", path.read_text()) if machine else ""
    path.write_text((text or path.read_text()) + f'[gateway]\nbroker = "{broker.url}"\n')


def gateway(system: System, home: Home, broker: Broker, *words: str) -> Child:
    return system.child(
        "gateway", "simulate", "machine", "--protocol", "mqtt_gateway", "--profile", "gateway-1",
        "--broker", broker.url, "--cuff-minutes", "0.5", "--speed", str(SPEED), "--start-minute", "30",
        "--truth", str(home.folder / "said.jsonl"), *words,
    )  # fmt: skip


def said(home: Home, kind: str) -> list[dict[str, float]]:
    """What the gateway said, in order."""
    path = home.folder / "said.jsonl"
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    entries = [json.loads(line) for line in lines if line.endswith("\n")]
    return [entry["readings"] for entry in entries if entry["kind"] == kind]


def told(row: dict[str, Any]) -> dict[str, float]:
    return {name: float(row[name]) for name in BY_NAME if row.get(name) is not None}


def beside(rows: list[dict[str, Any]]) -> list[dict[str, float]]:
    found = [{name: value for name, value in told(row).items() if name in BESIDE} for row in rows]
    return [values for values in found if values]


def listens(child: Child) -> bool:
    return child.log_file.exists() and "gateway broker connected" in child.log_file.read_text()


def events(system: System, home: Home, kind: str) -> list[tuple[str, str, bool]]:
    with pool.connect(system.database.url) as conn:
        return [
            (str(name), str(signal or ""), bool(active))
            for name, signal, active in conn.execute(
                "SELECT name, signal, active FROM machine_event WHERE unit_id = %s AND kind = %s ORDER BY epoch, seq",
                (home.unit_id, kind),
            )
        ]


def test_a_machine_behind_a_gateway(system: System, home_broker: Broker) -> None:
    home = system.add_home(1)
    add_gateway(home, home_broker, 'protocol = "mqtt_gateway"\nprofile = "gateway-1"\n')
    home.machine = gateway(system, home, home_broker, "--scenario", "air", "--onset", "40", "--seed", "1")
    system.ingest.start()
    home.agent.start()
    wait_for("the agent at the home's broker", lambda: listens(home.agent), 30, system)
    home.machine.start()
    wait_for("two blood pressures", lambda: len([r for r in system.stored(home) if r["systolic"]]) >= 2, 90, system)
    wait_for("an alarm", lambda: len(events(system, home, "alarm")) >= 1, 60, system)
    home.machine.kill()
    pictures = said(home, "readings")
    wait_for("everything", lambda: len(machine_rows(system, home)) >= len(pictures) - 1, 20, system)

    stored = [{n: v for n, v in told(row).items() if n not in BESIDE} for row in machine_rows(system, home)]
    assert len(pictures) - len(stored) in (0, 1), "the last one may have been cut by the kill"
    assert stored == [pytest.approx(shown, rel=1e-6) for shown in pictures[: len(stored)]]
    measured = beside(system.stored(home))
    expected = said(home, "scale") + said(home, "cuff")
    assert measured == [pytest.approx(one, rel=1e-6) for one in expected], "each once, none of them repeated"
    assert ("MDC_EVT_HDIALY_SAFETY_VEN_AIR_DETECT", "", True) in events(system, home, "alarm")
    wait_for("silence", lambda: ("silent", "", True) in events(system, home, "link"), 30, system)


def machine_rows(system: System, home: Home) -> list[dict[str, Any]]:
    return [row for row in system.stored(home) if row["blood_flow"] is not None]


def test_cuff_and_scale_beside_a_serial_machine_through_kills(system: System, home_broker: Broker) -> None:
    home = system.add_home(1, profile="v1", poll_s=0.5)
    add_gateway(home, home_broker, "")
    cuff = gateway(system, home, home_broker, "--beside", "--seed", "1")
    system.ingest.start()
    home.machine.start()
    home.agent.start()
    wait_for("the agent at the home's broker", lambda: listens(home.agent), 30, system)
    wait_for("the machine", lambda: len(machine_rows(system, home)) > 2, 30, system)
    cuff.start()
    try:
        for n in range(1, 4):
            wait_for("a measurement", lambda n=n: len(said(home, "cuff")) >= n, 60, system)  # type: ignore[misc]
            home.agent.kill()
            home.agent.start()
        wait_for("all of them in the store", lambda: len(beside(system.stored(home))) >= 5, 60, system)
    finally:
        cuff.kill()
    expected = said(home, "scale") + said(home, "cuff")
    stored = beside(system.stored(home))
    assert set(expected[0]) == {"weight_before"}
    assert stored == [pytest.approx(one, rel=1e-6) for one in expected[: len(stored)]], "each once, through three kills"
    merged = [row for row in machine_rows(system, home) if row["systolic"] is not None]
    assert merged, "in the machine's own row"
    for row in machine_rows(system, home):
        shown = {name: value for name, value in told(row).items() if name not in BESIDE}
        assert set(shown) == set(home.truth[0]["readings"]), "no row lacks what the machine said"
