"""The unit files load, and what they promise about the agent is what they say."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from edge_agent import supervision, watchdog
from homehd.commands.doctor import BOX_SETTINGS
from tests.conftest import require

UNITS = Path(__file__).resolve().parent.parent.parent / "deploy" / "systemd"
NAMES = sorted(path.name for path in UNITS.iterdir())


def unit(name: str) -> dict[str, dict[str, list[str]]]:
    """Sections of a unit file; a key may come more than once."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in (UNITS / name).read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(section, {}).setdefault(key, []).append(value)
    return found


def seconds(text: str) -> float:
    number, word = re.fullmatch(r"(\d+)(s|min)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"s": 1, "min": 60}[word]


@pytest.mark.parametrize("name", NAMES)
def test_systemd_understands_every_line(name: str, tmp_path: Path) -> None:
    require(shutil.which("systemd-analyze"), "systemd-analyze", "apt-get install systemd")
    # The commands and users of a box are not on this machine: what is asked is whether the file is understood.
    for other in NAMES:
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", (UNITS / other).read_text(), flags=re.M)
        (tmp_path / other).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(tmp_path / name)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    ours = [line for line in done.stderr.splitlines() if name in line]
    assert ours == []


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".service")])
def test_systemd_finds_little_to_expose(name: str) -> None:
    require(shutil.which("systemd-analyze"), "systemd-analyze", "apt-get install systemd")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=25", "--no-pager", str(UNITS / name)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


def test_a_key_systemd_does_not_know_would_be_noticed(tmp_path: Path) -> None:
    require(shutil.which("systemd-analyze"), "systemd-analyze", "apt-get install systemd")
    (tmp_path / "x.service").write_text("[Service]\nExecStart=/bin/true\nWatchdogSecs=30s\n")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / "x.service")],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "WatchdogSecs" in done.stderr


def test_the_watchdog_is_petted_often_enough_and_bites_after_the_threads_limits() -> None:
    service = unit("homehd-edge.service")["Service"]
    bite = seconds(service["WatchdogSec"][0])
    assert bite / 2 > watchdog.PET_EVERY_S + supervision.LOOK_S
    assert service["Type"] == ["notify"]


def test_it_never_gives_up() -> None:
    edge = unit("homehd-edge.service")
    assert edge["Unit"]["StartLimitIntervalSec"] == ["0"]
    assert edge["Service"]["Restart"] == ["always"]


def test_the_settings_are_where_the_doctor_and_the_path_unit_look() -> None:
    edge = unit("homehd-edge.service")
    assert edge["Service"]["ExecStart"] == [f"/usr/bin/homehd edge --config {BOX_SETTINGS}"]
    assert edge["Unit"]["ConditionPathExists"] == [str(BOX_SETTINGS)]
    assert unit("homehd-edge.path")["Path"]["PathChanged"] == [str(BOX_SETTINGS)]
    assert f"/run/{edge['Service']['RuntimeDirectory'][0]}" == "/run/homehd"


def test_memory_and_processor_are_limited_as_the_benchmark_tries_them() -> None:
    from bench import edge as bench

    service = unit("homehd-edge.service")["Service"]
    assert service["MemoryMax"] == [f"{bench.MEMORY // bench.MEBIBYTE}M"]
    assert float(service["CPUQuota"][0].rstrip("%")) / 100 >= bench.CPU_SHARE
    assert "MALLOC_ARENA_MAX=1" in service["Environment"]
    assert bench.environment()["MALLOC_ARENA_MAX"] == "1"


def test_every_unit_is_plain_enough_for_other_tools() -> None:
    for name in NAMES:
        parser = configparser.ConfigParser(strict=False, interpolation=None)
        parser.read(UNITS / name)
        assert {"Unit", "Install"} <= set(parser.sections())
