"""What stands beside the broker: systemd understands it, and the firewall does what its comments say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from homehd.mosquitto_config import Plan
from tests.conftest import require

FILES = Path(__file__).resolve().parents[2] / "deploy" / "mosquitto"
UNITS = ("homehd-crl.path", "homehd-crl.service")
RULES = FILES / "nftables.conf"

# Opens connections as fast as it can, in a network namespace of its own, and counts those that came through.
STORM = """
import socket, sys, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
held, until = [], time.monotonic() + float(sys.argv[2])
while time.monotonic() < until and len(held) < 1000:
    line = socket.socket()
    line.settimeout(0.02)
    try:
        line.connect(("127.0.0.1", int(sys.argv[1])))
        held.append(line)
    except TimeoutError:
        line.close()
print(len(held))
"""


def systemd(folder: Path, name: str) -> list[str]:
    require(shutil.which("systemd-analyze"), "systemd-analyze", "apt-get install systemd")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(folder / name)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return [line for line in done.stderr.splitlines() if name in line]


@pytest.mark.parametrize("name", UNITS)
def test_systemd_understands_the_watch_over_the_list(name: str, tmp_path: Path) -> None:
    for other in UNITS:
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", (FILES / other).read_text(), flags=re.M)
        (tmp_path / other).write_text(text)
    assert systemd(tmp_path, name) == []


def test_systemd_understands_the_drop_in(tmp_path: Path) -> None:
    drop_in = tmp_path / "mosquitto.service.d"
    drop_in.mkdir()
    text = (FILES / "homehd.conf").read_text().replace("/usr/sbin/mosquitto", "/bin/true")
    (drop_in / "homehd.conf").write_text(text)
    (tmp_path / "mosquitto.service").write_text("[Service]\nType=notify\nExecStart=/bin/false\n")
    assert systemd(tmp_path, "mosquitto.service") == []
    (drop_in / "homehd.conf").write_text(text + "LimitNOFILES=3\n")
    assert "LimitNOFILES" in subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / "mosquitto.service")],
        capture_output=True, text=True, check=False, timeout=60,
    ).stderr, "a key it does not know would be noticed"  # fmt: skip


def test_all_of_them_speak_of_the_same_files_and_port() -> None:
    assert "PathChanged=/var/lib/homehd-broker/crl.pem" in (FILES / "homehd-crl.path").read_text()
    assert "crlfile /var/lib/homehd-broker/crl.pem" in (FILES / "mosquitto.conf").read_text()
    assert "-c /etc/homehd/broker/mosquitto.conf" in (FILES / "homehd.conf").read_text()
    assert f"tcp dport {Plan(Path()).homes_port} " in RULES.read_text()


@pytest.mark.parametrize(
    ("port", "seconds", "least", "most"),
    [(8883, 2.0, 30, 64), (8883, 6.0, 60, 64), (8443, 2.0, 16, 16), (1884, 2.0, 65, 1000)],
)
def test_one_address_gets_no_more_than_its_share(port: int, seconds: float, least: int, most: int) -> None:
    require(shutil.which("nft"), "nft", "apt-get install nftables")
    if os.geteuid() != 0:
        pytest.skip("needs root: a network namespace of its own")
    script = f"ip link set lo up && nft -f {RULES} && exec {sys.executable} -c '{STORM}' {port} {seconds}"
    done = subprocess.run(["unshare", "-n", "sh", "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert least <= int(done.stdout) <= most
