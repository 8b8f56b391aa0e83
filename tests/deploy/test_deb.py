"""The package on a Debian machine without a network: installed, run by systemd, hung, upgraded, removed, purged.

What is skipped here: an ARM machine. The package for arm64 is built from the same sources with other wheels, and its
list of files is compared.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from homehd.brokers import find
from tests.conftest import require
from tests.deploy.box import Box

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
SERVICE = "homehd-edge.service"
SETTINGS = """
unit = "k7m2qx4d"
shard = 17
broker = "mqtt://127.0.0.1:1883"
[machine]
protocol = "jsdt"
profile = "v1"
port = "/dev/ttyUSB0"
[outbox]
path = "/var/lib/homehd/outbox.sqlite"
[status_page]
listen = "127.0.0.1:8081"
"""

HIGHEST_SEQ = (
    "import sqlite3; db = sqlite3.connect('file:/var/lib/homehd/outbox.sqlite?mode=ro', uri=True); "
    "print(db.execute('SELECT max(seq) FROM sqlite_sequence').fetchone()[0])"
)


def build(output: Path, architecture: str = "amd64") -> Path:
    done = subprocess.run(
        [sys.executable, str(ROOT / "deploy/debian/build.py"), "--architecture", architecture, "--output", str(output)],
        capture_output=True, text=True, check=False, timeout=170,
    )  # fmt: skip
    require(done.returncode == 0, "what the package is made of", done.stderr.strip())
    return Path(done.stdout.strip())


@pytest.fixture(scope="module")
def package() -> Iterator[Path]:
    require(shutil.which("dpkg-deb"), "dpkg-deb", "apt-get install dpkg")
    with tempfile.TemporaryDirectory() as folder:
        yield build(Path(folder))


@pytest.fixture
def box(package: Path) -> Iterator[Box]:
    made = Box()
    try:
        made.boot()
        made.put(package, "/srv/homehd-edge.deb")
        made.put(HERE / "machine.py", "/srv/machine.py")
        made.put(HERE / "probe.py", "/usr/local/bin/probe.py")
        yield made
    finally:
        made.close()


@pytest.fixture
def machine(box: Box) -> Iterator[None]:
    """A dialysis machine at the box's first serial adapter."""
    child = subprocess.Popen([*box.inside(), "python3", "/srv/machine.py", "/dev/ttyUSB0"])
    yield
    child.kill()
    child.wait()


def state(box: Box) -> dict[str, object]:
    said = box.run("cat", "/run/homehd/state.json").stdout
    return dict(json.loads(said)) if said else {}


def pid(box: Box) -> int:
    return int(box.show(SERVICE, "MainPID")["MainPID"])


def it_holds_the_agent_and_nothing_of_the_cloud(package: Path) -> None:
    listed = subprocess.run(["dpkg-deb", "-c", str(package)], capture_output=True, text=True, check=True).stdout
    files = {line.split()[5] for line in listed.splitlines()}
    tops = {match[1] for name in files if (match := re.match(r"\./usr/lib/homehd/([a-z0-9_]+)/", name))}
    assert {"telemetry", "protocols", "edge_agent", "homehd"} <= tops
    assert not tops & {"store", "ingest", "alerts", "clinician_api", "registrar", "simulators", "numpy", "psycopg"}
    assert "./usr/lib/homehd/edge_agent/status_page.html" in files
    assert not [name for name in files if name.endswith((".pyc", "/RECORD"))]
    assert all(line.split()[1] == "root/root" for line in listed.splitlines())
    for python in ("311", "313"):  # Debian 12 and 13
        assert any(f"cpython-{python}-x86_64" in name for name in files)


def the_same_sources_give_the_same_bytes(package: Path, tmp_path: Path) -> None:
    assert hashlib.sha256(build(tmp_path).read_bytes()).digest() == hashlib.sha256(package.read_bytes()).digest()


def the_one_for_arm_differs_in_its_compiled_parts_only(package: Path, tmp_path: Path) -> None:
    def files(path: Path) -> set[str]:
        listed = subprocess.run(["dpkg-deb", "-c", str(path)], capture_output=True, text=True, check=True).stdout
        return {line.split()[5] for line in listed.splitlines()}

    here, there = files(package), files(build(tmp_path, "arm64"))
    assert {name for name in here ^ there if not name.endswith(".so")} == set()
    assert any("aarch64" in name for name in there)


def test_the_package(package: Path, tmp_path: Path) -> None:
    """In chapters, which a worker of its own each would build it anew for."""
    it_holds_the_agent_and_nothing_of_the_cloud(package)
    the_same_sources_give_the_same_bytes(package, tmp_path / "again")
    the_one_for_arm_differs_in_its_compiled_parts_only(package, tmp_path / "arm")


def it_installs_without_a_network_and_asks_to_be_enrolled(box: Box) -> None:
    said = box.must("dpkg", "-i", "/srv/homehd-edge.deb")
    assert "homehd enrol" in said
    assert box.must("dpkg", "-V", "homehd-edge") == ""
    assert box.must("systemctl", "is-enabled", SERVICE, "homehd-edge.path").split() == ["enabled", "enabled"]
    assert box.show(SERVICE, "ActiveState", "ConditionResult") == {"ActiveState": "inactive", "ConditionResult": "no"}
    doctor = box.run("homehd", "doctor", "--config", "/etc/homehd/edge.toml")
    assert doctor.returncode != 0
    assert "enrol" in doctor.stdout + doctor.stderr
    assert box.run("homehd", "ingest").stderr.startswith("homehd ingest: ingest is not installed")


def the_hardened_service_can_do_what_it_must_and_nothing_else(box: Box) -> None:
    box.wait(
        lambda: (box.root / "dev").exists() and box.run("test", "-e", "/dev/ttyUSB0").returncode == 0, "a port", 10
    )
    unit = (ROOT / "deploy/systemd" / SERVICE).read_text()
    for pattern, new in (
        (r"^ExecStart=.*", "ExecStart=/usr/bin/python3 /usr/local/bin/probe.py"), (r"^Type=.*", "Type=oneshot"),
        (r"^(Restart|RestartSec|Watchdog\w+|Condition\w+|RuntimeDirectory\w*)=.*", ""),
    ):  # fmt: skip
        unit = re.sub(pattern, new, unit, flags=re.M)
    target = box.root / "etc/systemd/system/probe.service"
    target.write_text(unit)
    # A device of another kind, which everybody may open as far as its mode goes.
    box.must("sh", "-c", "mknod -m 666 /dev/other c 10 200")
    box.must("systemctl", "daemon-reload")
    done = box.run("systemctl", "start", "probe.service")
    assert done.returncode == 0, box.journal("probe.service")
    found = json.loads(next(line for line in box.journal("probe.service").splitlines() if line.startswith("{")))
    assert [name for name, well in found.items() if not well] == []
    for path in ("etc/systemd/system/probe.service", "etc/homehd/probe", "var/lib/homehd/probe"):
        (box.root / path).unlink()


def settings_start_it_by_themselves_and_readings_are_kept(box: Box) -> None:
    (box.root / "etc/homehd/edge.toml").write_text(SETTINGS)
    box.wait(lambda: state(box).get("machine") == "connected", "the agent to have its machine", 20)
    assert box.show(SERVICE, "ActiveState", "SubState") == {"ActiveState": "active", "SubState": "running"}
    assert "machine connected" in box.show(SERVICE, "StatusText")["StatusText"]
    owner = box.must("stat", "-c", "%U %a", "/var/lib/homehd/outbox.sqlite").split()
    assert owner == ["homehd", "600"]
    assert int(box.show(SERVICE, "MemoryCurrent")["MemoryCurrent"]) < 60 * 1024**2
    doctor = box.run("homehd", "doctor")  # finds by itself that this is a box
    assert doctor.returncode == 1
    assert "fail  broker" in doctor.stdout  # nobody is there yet
    assert "ok    · machine" in doctor.stdout


@contextmanager
def clinic_of(box: Box) -> Iterator[IO[str]]:
    """A broker and an ingest in the box's network; what ingest says, a line a message."""
    require(find("mosquitto"), "Mosquitto", "apt-get install mosquitto")
    config = box.folder / "mosquitto.conf"
    config.write_text("listener 1883 127.0.0.1\nallow_anonymous true\n")
    broker = subprocess.Popen([*box.network(), "mosquitto", "-c", str(config)], stderr=subprocess.DEVNULL)
    box.wait(lambda: "0100007F:075B" in (Path(f"/proc/{box.pid}/net/tcp").read_text()), "the broker", 10)
    ingest = subprocess.Popen(
        [*box.network(), sys.executable, "-m", "bench.edge_ingest", "127.0.0.1", "1883"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert ingest.stdout is not None
    yield ingest.stdout
    for child in (ingest, broker):
        child.terminate()
        child.wait(10)


def with_the_clinic_there_every_light_is_green_but_the_clock_s(box: Box) -> None:
    box.wait(
        lambda: state(box).get("broker") == "" and int(str(state(box)["outbox_rows"])) < 20, "the backlog to go", 30
    )
    doctor = box.run("homehd", "doctor")
    levels = {line.split()[1]: line.split()[0] for line in doctor.stdout.splitlines()}
    assert doctor.returncode == 0, doctor.stdout
    assert {part for part, level in levels.items() if level != "ok"} <= {"clock", "port", "·", "disk"}
    page = box.must(
        "python3", "-c", "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8081/').read().decode())"
    )
    assert "connected, last reading" in page
    assert "k7m2qx4d" not in page


def a_hung_agent_is_started_anew_and_nothing_it_accepted_is_lost(box: Box, clinic: IO[str]) -> None:
    drop_in = box.root / "run/systemd/system" / f"{SERVICE}.d"
    box.must("mkdir", "-p", f"/run/systemd/system/{SERVICE}.d")
    box.must("sh", "-c", f"printf '[Service]\\nWatchdogSec=8s\\n' > /run/systemd/system/{SERVICE}.d/short.conf")
    box.must("systemctl", "daemon-reload")
    box.must("systemctl", "restart", SERVICE)
    box.wait(lambda: state(box).get("machine") == "connected", "the agent again", 20)
    before, hung = int(box.show(SERVICE, "NRestarts")["NRestarts"]), pid(box)
    box.must("systemctl", "kill", "--signal=STOP", SERVICE)
    box.wait(lambda: pid(box) not in (0, hung) and state(box).get("machine") == "connected", "a new agent", 30)
    assert int(box.show(SERVICE, "NRestarts")["NRestarts"]) == before + 1
    assert "Watchdog timeout" in box.run("journalctl", "--no-pager", "-u", SERVICE).stdout
    restarted_at = int(box.must("python3", "-c", HIGHEST_SEQ))
    box.must("rm", "-r", f"/run/systemd/system/{SERVICE}.d")
    box.must("systemctl", "daemon-reload")
    assert not drop_in.exists()
    box.wait(lambda: int(str(state(box).get("outbox_rows", 99))) < 20, "the rows to go", 30)
    # The numbers run on over the kill, and ingest gets every one of them; the newest may still be on their way.
    epochs: set[str] = set()
    seqs: set[int] = set()
    for line in clinic:
        entry = json.loads(line)
        epochs.add(entry["epoch"])
        seqs |= set(entry["seqs"])
        if len(seqs) > restarted_at and seqs == set(range(1, max(seqs) + 1)):
            break
    assert len(epochs) == 1


def a_killed_agent_comes_back(box: Box) -> None:
    killed = pid(box)
    box.must("systemctl", "kill", "--signal=SEGV", SERVICE)
    box.wait(lambda: pid(box) not in (0, killed) and state(box).get("machine") == "connected", "a new agent", 30)


def wrong_settings_are_tried_again_at_a_bounded_pace_and_right_ones_at_once(box: Box) -> None:
    path = box.root / "etc/homehd/edge.toml"
    right = path.read_text()
    path.write_text("colour = 1\n" + right)
    box.must("systemctl", "restart", "--no-block", SERVICE)
    said = "the last runs were short"
    box.wait(lambda: box.show(SERVICE, "StatusText")["StatusText"].startswith(said), "a pause", 40)
    assert "edge.toml:1" in box.journal(SERVICE)
    path.write_text(right)
    box.must("systemctl", "restart", SERVICE)
    box.wait(lambda: state(box).get("machine") == "connected", "the agent", 8)


def an_upgrade_keeps_settings_and_readings_and_starts_the_new_agent(box: Box) -> None:
    # Nobody takes the readings meanwhile: they have to be there afterwards.
    box.must("sh", "-c", "sed -i s/1883/1/ /etc/homehd/edge.toml")
    box.must("systemctl", "restart", SERVICE)
    box.wait(lambda: int(str(state(box).get("outbox_rows", 0))) > 5, "rows to wait", 30)
    before, old = int(str(state(box)["outbox_rows"])), pid(box)
    box.must("dpkg", "-i", "/srv/homehd-edge.deb")
    box.wait(lambda: pid(box) not in (0, old) and bool(state(box)), "the new agent", 30)
    box.wait(lambda: int(str(state(box).get("outbox_rows", 0))) > before, "more rows", 30)
    assert box.must("systemctl", "is-enabled", SERVICE).strip() == "enabled"
    assert 'mqtt://127.0.0.1:1"' in (box.root / "etc/homehd/edge.toml").read_text()


def what_the_technician_switched_off_stays_off_over_an_upgrade(box: Box) -> None:
    box.must("systemctl", "disable", "--now", SERVICE, "homehd-edge.path")
    box.must("dpkg", "-i", "/srv/homehd-edge.deb")
    assert box.run("systemctl", "is-enabled", SERVICE).stdout.strip() == "disabled"
    box.must("systemctl", "enable", SERVICE, "homehd-edge.path")


def removed_it_keeps_settings_and_readings_and_purged_nothing(box: Box) -> None:
    box.must("systemctl", "start", SERVICE)
    box.must("dpkg", "-r", "homehd-edge")
    assert box.show(SERVICE, "ActiveState")["ActiveState"] in ("inactive", "failed")
    assert not (box.root / "usr/lib/homehd").exists()
    assert (box.root / "var/lib/homehd/outbox.sqlite").exists()
    assert (box.root / "etc/homehd/edge.toml").exists()
    box.must("dpkg", "-i", "/srv/homehd-edge.deb")  # and back: it goes on where it was
    box.wait(lambda: state(box).get("outbox_rows", 0) != 0, "the agent with its rows", 30)
    box.must("dpkg", "-P", "homehd-edge")
    assert box.run("getent", "passwd", "homehd").returncode != 0
    left = [
        path
        for path in ("etc/homehd", "var/lib/homehd", "usr/lib/homehd", "usr/bin/homehd")
        if (box.root / path).exists()
    ]
    assert left == []
    assert not list((box.root / "etc/systemd/system").rglob("homehd*"))


@pytest.mark.timeout(600)
def test_the_life_of_a_box(box: Box, machine: None) -> None:
    """One machine, its chapters in order: one test, so that no two processes share them out among themselves."""
    it_installs_without_a_network_and_asks_to_be_enrolled(box)
    the_hardened_service_can_do_what_it_must_and_nothing_else(box)
    settings_start_it_by_themselves_and_readings_are_kept(box)
    with clinic_of(box) as clinic:
        with_the_clinic_there_every_light_is_green_but_the_clock_s(box)
        a_hung_agent_is_started_anew_and_nothing_it_accepted_is_lost(box, clinic)
        a_killed_agent_comes_back(box)
        wrong_settings_are_tried_again_at_a_bounded_pace_and_right_ones_at_once(box)
        an_upgrade_keeps_settings_and_readings_and_starts_the_new_agent(box)
        what_the_technician_switched_off_stays_off_over_an_upgrade(box)
        removed_it_keeps_settings_and_readings_and_purged_nothing(box)
