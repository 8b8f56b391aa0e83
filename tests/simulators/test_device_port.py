from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from protocols.events import Observation
from protocols.jsdt.decoder import JsdtDecoder
from protocols.jsdt.profiles import PROFILES
from simulators.device_port import MachineOptions, PortedMachine, run_machines
from telemetry.clock import ManualClock, SystemClock
from telemetry.errors import HomehdError, SettingsError


class Bedside:
    """A machine on a pseudo-terminal in hand-moved time, and the host at the other end of the line."""

    def __init__(self, folder: Path, profile: str, **options: object) -> None:
        self.clock = ManualClock()
        self.options = MachineOptions("jsdt", profile, folder / "port", truth=folder / "truth.jsonl", **options)  # type: ignore[arg-type]
        self.machine = PortedMachine(self.options, self.clock)
        self.machine.advance()
        self.host = self.open()
        self.decoder = JsdtDecoder(PROFILES[profile])

    def open(self) -> int:
        descriptor = os.open(self.options.port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(descriptor)
        return descriptor

    def ask(self, data: bytes = b"K\r\n", wait_s: float = 1.0) -> bytes:
        self.clock.advance(wait_s)
        self.machine.advance()
        before = self.machine.answered
        os.write(self.host, data)
        # The kernel hands a terminal's bytes over a little later, on a busy machine a lot later.
        select.select([self.machine.link.master], [], [], 5.0)
        self.machine.serve()
        heard = b""
        while heard.count(b"\r\n") < self.machine.answered - before and select.select([self.host], [], [], 5.0)[0]:
            heard += os.read(self.host, 65536)
        return heard

    def observe(self, wait_s: float = 1.0) -> Observation:
        (seen,) = self.decoder.receive(self.ask(wait_s=wait_s))
        assert isinstance(seen, Observation)
        return seen

    @property
    def truth(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in (self.options.truth or Path()).read_text().splitlines()]


@contextmanager
def bedside(folder: Path, profile: str = "nikkiso-v2", **options: object) -> Iterator[Bedside]:
    bed = Bedside(folder, profile, **options)
    try:
        yield bed
    finally:
        os.close(bed.host)
        bed.machine.close()


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_every_answer_decodes_to_exactly_its_truth_line(tmp_path: Path, profile: str) -> None:
    with bedside(tmp_path, profile, scenario="air", start_minute=30.0, onset_s=10.0) as bed:
        seen = [bed.observe() for _ in range(60)]
        truth = bed.truth
    assert [line["seq"] for line in truth] == list(range(60))
    assert [line["readings"] for line in truth] == [s.values for s in seen]
    for line, shown in zip(truth, seen, strict=True):
        alarms = {(a["event"], a["code"], a["signal"]) for a in line["alarms"]}  # type: ignore[attr-defined]
        assert alarms == {(a.name, a.code, a.signal) for a in shown.alarms}
    assert truth[-1]["alarms"] and not truth[0]["alarms"]
    assert truth[-1]["phase"] == "TX"


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_the_truth_is_what_the_machine_measured_to_the_last_digit_of_the_wire(tmp_path: Path, profile: str) -> None:
    # Independent of the decoder: one step of each field, in the catalogue's unit.
    resolution = {"dialysate_temperature": 0.1, "dialysate_conductivity": 0.1, "heparin_rate": 0.1} | dict.fromkeys(
        ("ultrafiltration_target", "ultrafiltration_volume", "ultrafiltration_rate"), 10.0
    )
    with bedside(tmp_path, profile, start_minute=60.0) as bed:
        for _ in range(20):
            bed.ask()
            shown, measured = bed.truth[-1]["readings"], bed.machine.machine.values
            assert isinstance(shown, dict) and len(shown) >= 9
            for name, value in shown.items():
                assert value == pytest.approx(measured[name], abs=0.501 * resolution.get(name, 1.0)), name


def test_nothing_but_the_poll_is_answered(tmp_path: Path) -> None:
    with bedside(tmp_path) as bed:
        for noise in (b"", b"K", b"k\r\n", b"K\n", b"K1082A02.50\r\n", b"\xff" * 500):
            assert bed.ask(b"\n" + noise) == b""
        assert bed.machine.answered == 0


def test_a_poll_is_found_in_noise_in_pieces_and_twice(tmp_path: Path) -> None:
    with bedside(tmp_path) as bed:
        assert bed.ask(b"\x00zzK\r\nzz").count(b"\r\n") == 1
        assert bed.ask(b"K") == b""
        assert bed.ask(b"\r") == b""
        assert bed.ask(b"\n").count(b"\r\n") == 1
        assert bed.ask(b"K\r\nK\r\n").count(b"\r\n") == 2
        assert bed.machine.answered == 4


def test_time_runs_at_the_speed_asked_for(tmp_path: Path) -> None:
    with bedside(tmp_path, start_minute=10.0, speed=60.0) as bed:
        first, later = bed.observe(), bed.observe(wait_s=10.0)
        assert later.values["treatment_elapsed"] - first.values["treatment_elapsed"] == pytest.approx(10.0, abs=1.0)
        times = [line["t"] for line in bed.truth]
        assert times[1] - times[0] == pytest.approx(600.0)  # type: ignore[operator]


def test_up_to_sixty_fold_the_series_does_not_depend_on_the_speed(tmp_path: Path) -> None:
    def shown(speed: float) -> dict[str, float]:
        folder = tmp_path / f"{speed:g}"
        folder.mkdir()
        with bedside(folder, speed=speed, start_minute=5.0) as bed:
            return bed.observe(wait_s=600.0 / speed).values

    assert shown(1.0) == shown(20.0) == shown(60.0)


def test_a_day_at_full_speed_goes_through_the_treating_flag(tmp_path: Path) -> None:
    with bedside(tmp_path, speed=600.0, treatment_minutes=30.0) as bed:
        phases = [(bed.observe(wait_s=0.1).phase, bed.truth[-1]["phase"]) for _ in range(75)]
    said = {real: seen.name for seen, real in phases if seen is not None}
    assert said == {"IDL": "UNKNOWN", "PRETX": "UNKNOWN", "TX": "TX", "POSTTX": "UNKNOWN", "DIS": "UNKNOWN"}


def test_a_power_cut_takes_the_port_away_and_brings_it_back(tmp_path: Path) -> None:
    with bedside(tmp_path, scenario="power_cut", start_minute=30.0, onset_s=10.0) as bed:
        bed.observe()
        bed.clock.advance(20.0)
        bed.machine.advance()
        assert not os.path.lexists(bed.options.port)
        bed.machine.serve()  # harmless while there is nothing to serve
        assert bed.host >= 0 and select.select([bed.host], [], [], 1.0)[0]  # the host sees its line hang up
        os.close(bed.host)
        bed.clock.advance(180.0)
        bed.machine.advance()
        bed.host = bed.open()
        assert bed.observe().values["treatment_elapsed"] == 30.0
        assert [line["seq"] for line in bed.truth] == [0, 1]


def test_a_cut_that_leaves_the_port_just_falls_silent(tmp_path: Path) -> None:
    scenario = tmp_path / "mute.toml"
    scenario.write_text('about="x"\n[[fault]]\nkind="power_cut"\nduration_s=60\nport_gone=false\n')
    with bedside(tmp_path, scenario=str(scenario), start_minute=30.0, onset_s=5.0) as bed:
        bed.observe()
        assert [bed.ask(wait_s=10.0) for _ in range(5)] == [b""] * 5
        assert bed.ask(wait_s=20.0).count(b"\r\n") == 1  # the polls nobody heard are not answered late


def test_many_machines_in_one_thread_and_nothing_left_behind(tmp_path: Path) -> None:
    machines = [
        MachineOptions("jsdt", name, tmp_path / f"port{i}", seed=i, start_minute=5.0)
        for i, name in enumerate(sorted(PROFILES) * 2)
    ]
    stop = threading.Event()
    thread = threading.Thread(target=run_machines, args=(machines, SystemClock(), stop))
    thread.start()
    try:
        _wait_for(machines[-1].port)
        for options in machines:
            descriptor = os.open(options.port, os.O_RDWR | os.O_NOCTTY)
            tty.setraw(descriptor)
            os.write(descriptor, b"K\r\n")
            frame = b""
            while not frame.endswith(b"\r\n"):
                assert select.select([descriptor], [], [], 5.0)[0]
                frame += os.read(descriptor, 4096)
            (seen,) = JsdtDecoder(PROFILES[options.profile]).receive(frame)
            assert isinstance(seen, Observation) and seen.values["blood_flow"] > 200.0
            os.close(descriptor)
    finally:
        stop.set()
        thread.join(10.0)
    assert not thread.is_alive()
    assert list(tmp_path.iterdir()) == []


def test_a_terminated_process_removes_its_port(tmp_path: Path) -> None:
    program = (
        "import sys, signal, threading; from pathlib import Path\n"
        "from simulators.device_port import MachineOptions, run_machine; from telemetry.clock import SystemClock\n"
        "stop = threading.Event(); signal.signal(signal.SIGTERM, lambda *_: stop.set())\n"
        "run_machine(MachineOptions('jsdt', 'v1', Path(sys.argv[1])), SystemClock(), stop)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "port")])
    try:
        _wait_for(tmp_path / "port")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10.0) == 0
    finally:
        process.kill()
        process.wait()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"protocol": "telepathy"}, SettingsError, "jsdt"),
        ({"profile": "v9"}, SettingsError, "nikkiso-v2"),
        ({"speed": 0.0}, SettingsError, "speed"),
        ({"scenario": "calm"}, SettingsError, "steady"),
        ({"port": Path("/nowhere/port")}, HomehdError, "folder"),
        ({"truth": Path("/nowhere/truth")}, HomehdError, "truth"),
    ],
)
def test_wrong_options_are_one_clear_line(
    tmp_path: Path, changes: dict[str, object], error: type[HomehdError], said: str
) -> None:
    options: dict[str, object] = {"protocol": "jsdt", "profile": "v1", "port": tmp_path / "port"} | changes
    with pytest.raises(error, match=said):
        PortedMachine(MachineOptions(**options), ManualClock())  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def _wait_for(path: Path) -> None:
    pause = threading.Event()
    for _ in range(500):
        if path.exists():
            return
        pause.wait(0.02)
    raise AssertionError(f"{path} did not appear")
