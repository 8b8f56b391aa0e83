"""The doctor on a box: what is wrong, what to do, exit code, and no harm done to the agent beside it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from edge_agent.box_state import BoxState
from edge_agent.outbox import Outbox
from homehd import box_doctor, box_files
from homehd.box_doctor import examine
from homehd.brokers import Broker, free_port
from homehd.commands import doctor as command
from homehd.finding import Finding
from telemetry.clock import ManualClock, SystemClock
from telemetry.messages import MachineLink, Reading

SETTINGS = """
unit = "k7m2qx4d"
shard = 17
broker = "mqtt://127.0.0.1:{broker}"
[machine]
protocol = "jsdt"
profile = "v1"
port = "{port}"
[outbox]
path = "outbox.sqlite"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "edge.toml"
    path.write_text(SETTINGS.format(broker=1, port="/nowhere/ttyUSB0"))
    return path


def found(config: Path, run: Path) -> dict[str, Finding]:
    return {finding.part: finding for finding in examine(config, SystemClock(), run)}


def state(**changes: object) -> BoxState:
    good = BoxState(
        version="0.1.0", taken_us=SystemClock().now_us(), uptime_s=90.0, machine=MachineLink.CONNECTED,
        reading_age_s=1.0, outbox_rows=3, outbox_share=0.01, lost=0, rejected=0, trouble="", broker="",
        synchronised=True,
    )  # fmt: skip
    return msgspec.structs.replace(good, **changes)


def test_a_sound_box(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    broker = Broker("nats", tmp_path / "broker")
    broker.start()
    try:
        config = tmp_path / "edge.toml"
        config.write_text(SETTINGS.format(broker=broker.port, port=os.ttyname(slave)))
        (tmp_path / "state.json").write_bytes(msgspec.json.encode(state()))
        said = found(config, tmp_path)
        assert {name: finding.level for name, finding in said.items() if finding.level == "fail"} == {}
        assert {"settings", "port", "outbox", "disk", "clock", "broker", "agent", "· machine", "· clinic"} <= set(said)
        assert "without TLS" in said["broker"].text
    finally:
        broker.stop()
        os.close(master)
        os.close(slave)


def test_everything_is_missing_and_every_line_says_what_to_do(config: Path, tmp_path: Path) -> None:
    said = found(config, tmp_path)
    wrong = {name: finding for name, finding in said.items() if finding.level == "fail"}
    assert set(wrong) == {"port", "broker", "agent"}
    assert all(finding.hint for finding in wrong.values())
    assert "systemctl start homehd-edge" in wrong["agent"].hint
    assert "Connection refused" in wrong["broker"].text


def test_a_name_nobody_knows_is_told_apart_from_a_port_nobody_answers(config: Path, tmp_path: Path) -> None:
    config.write_text(config.read_text().replace("127.0.0.1", "no-such-name.invalid"))
    assert "the name is not known" in found(config, tmp_path)["broker"].text


def test_no_settings_yet(tmp_path: Path) -> None:
    said = found(tmp_path / "edge.toml", tmp_path)
    assert (said["settings"].level, said["settings"].hint) == ("fail", "has `homehd enrol` been run?")
    assert "clock" in said


def test_a_wrong_key_names_its_line(config: Path, tmp_path: Path) -> None:
    config.write_text(config.read_text() + "colour = 1\n")
    assert "edge.toml:11" in found(config, tmp_path)["settings"].text


def test_the_rows_of_an_agent_that_stands_are_counted_and_nothing_is_written(config: Path, tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite", now_us=1, max_bytes=1 << 20)
    outbox.append([Reading(0, 1, 1, 1, 3, {2: -120.0})] * 3, "boot")
    outbox.close()
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert "3 rows wait" in found(config, tmp_path)["outbox"].text
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    (tmp_path / "outbox.sqlite").write_bytes(b"rubbish" * 1000)
    assert found(config, tmp_path)["outbox"].level == "warn"


def test_an_agent_that_is_no_service_is_noticed_without_trying_its_lock(config: Path, tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite", now_us=1, max_bytes=1 << 20)
    try:
        assert "not as a service" in found(config, tmp_path)["agent"].text
    finally:
        outbox.close()
    assert found(config, tmp_path)["agent"].level == "fail"


def test_what_the_agent_says_of_itself_is_passed_on(config: Path, tmp_path: Path) -> None:
    (tmp_path / "state.json").write_bytes(msgspec.json.encode(state(machine=MachineLink.GARBLED, taken_us=5)))
    said = found(config, tmp_path)
    assert said["agent"].level == "fail" and "has not answered" in said["agent"].text
    assert said["· machine"].level == "fail"
    (tmp_path / "state.json").write_text("{")
    assert found(config, tmp_path)["agent"].level == "fail"


def test_a_year_that_cannot_be(config: Path, tmp_path: Path) -> None:
    findings = examine(config, ManualClock(now_us=0), tmp_path)
    clock = next(finding for finding in findings if finding.part == "clock")
    assert (clock.level, clock.text) == ("fail", "says 1970-01-01")


def test_a_disk_that_is_nearly_full(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 10 * 1024**2

    monkeypatch.setattr(box_doctor.shutil, "disk_usage", lambda _folder: Usage)
    assert found(config, tmp_path)["disk"].level == "fail"


def test_a_machine_that_connects_to_the_box(config: Path, tmp_path: Path) -> None:
    port = free_port()
    text = SETTINGS.format(broker=1, port="").replace('port = ""', f'listen = "127.0.0.1:{port}"')
    config.write_text(text.replace('"jsdt"', '"hl7_dialysis"').replace('"v1"', f'"{_profile("hl7_dialysis")}"'))
    assert "is free for the machine" in found(config, tmp_path)["port"].text


def _profile(protocol: str) -> str:
    from protocols import ADAPTERS

    return ADAPTERS[protocol].profiles[0]


def test_the_command_finds_out_what_it_looks_at(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = tmp_path / "server.toml"
    server.write_text("api_port = 8080\n")
    assert command._on_a_box(config)
    assert not command._on_a_box(server)
    assert not command._on_a_box(None)
    monkeypatch.setattr(command, "find_spec", lambda _name: None)
    assert command._on_a_box(None)


def test_the_command_needs_nothing_of_a_server_and_exits_1(config: Path) -> None:
    cloud = ("store", "numpy", "psycopg", "fastapi", "clinician_api")
    code = (
        "import sys; from homehd import cli; code = cli.main(['doctor', '--config', sys.argv[1]]);"
        f"print([m for m in {cloud} if m in sys.modules]); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(config)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "[]"
    assert "fail  port" in done.stdout
    assert "k7m2qx4d" not in done.stdout  # not even the unit


def test_nothing_disturbs_the_agent_s_session() -> None:
    # Logging in at the broker as this unit would cut the agent off: the doctor has no MQTT client at all.
    source = "".join(Path(module.__file__ or "").read_text() for module in (box_doctor, box_files))
    assert "paho" not in source and "serial.Serial" not in source
