from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from edge_agent.config import MachineSettings
from edge_agent.mllp_listener import MllpListener
from edge_agent.source import SourceSink
from protocols import ADAPTERS
from protocols.events import Observation
from protocols.hl7_dialysis.decoder import Hl7Decoder
from simulators.hl7_machine import Hl7Options, TalkingMachine, run_machine
from telemetry.clock import ManualClock, SystemClock
from telemetry.errors import SettingsError


def talking(**options: Any) -> tuple[ManualClock, TalkingMachine]:
    clock = ManualClock()
    return clock, TalkingMachine(Hl7Options("127.0.0.1:1", **options), clock)


def told(clock: ManualClock, machine: TalkingMachine, seconds: int) -> list[Any]:
    messages = []
    for _ in range(seconds):
        clock.advance(1.0)
        messages += machine.due()
    return messages


def test_readings_come_every_so_often_and_say_what_the_machine_measured() -> None:
    clock, machine = talking(start_minute=30.0, every_s=5.0, seed=3)
    messages = told(clock, machine, 60)
    assert 12 <= len(messages) <= 14
    values = machine.machine.values
    shown = messages[-1].truth["readings"]
    assert len(shown) > 20
    for name in ("ultrafiltration_target", "treatment_elapsed", "dialysate_temperature", "venous_pressure"):
        assert shown[name] == pytest.approx(values[name], rel=0.1, abs=3.0)
    assert "dialysate_pressure" not in shown, "the guide has no term for it"
    assert messages[-1].truth["phase"] == "TX"


def test_every_message_reads_as_its_line_of_truth_says() -> None:
    clock, machine = talking(start_minute=30.0, scenario="air", onset_s=10.0, seed=3)
    decoder, began = Hl7Decoder(), machine.machine.time_s
    messages = told(clock, machine, 120)
    for message in messages:
        (taken,) = decoder.take(message.data, began + message.truth["t"])
        assert isinstance(taken.event, Observation)
        assert taken.event.values == message.truth["readings"]
        assert sorted(a.name for a in taken.event.alarms) == [a["event"] for a in message.truth["alarms"]]
    assert len({message.control_id for message in messages}) == len(messages)
    assert any(message.truth["alarms"] for message in messages)


def test_changes_and_alarms_do_not_wait() -> None:
    clock, machine = talking(start_minute=30.0, scenario="air", onset_s=10.0, every_s=3600.0, seed=3)
    messages = told(clock, machine, 30)
    assert b"ORU^R40" in b"".join(message.data for message in messages)
    stopped = [m for m in messages if m.truth["readings"].get("blood_pump_running") == 0.0 and b"ORU^R01" in m.data]
    assert stopped, "the pump stopped, and the machine said so at once"


def test_a_day_goes_through_every_phase() -> None:
    clock, machine = talking(speed=600.0, treatment_minutes=30.0, every_s=60.0)
    phases = [message.truth["phase"] for message in told(clock, machine, 8)]
    assert list(dict.fromkeys(phases)) == ["IDL", "PRETX", "TX", "POSTTX", "DIS"]


def test_a_cuff_s_reading_is_told_once() -> None:
    clock, machine = talking(start_minute=30.0, seed=3)
    messages = told(clock, machine, 950)
    with_cuff = [m for m in messages if "systolic" in m.truth["readings"]]
    assert 1 <= len(with_cuff) <= 3


def test_without_power_it_is_silent() -> None:
    clock, machine = talking(start_minute=30.0, scenario="power_cut", onset_s=10.0)
    told(clock, machine, 12)
    assert told(clock, machine, 60) == []
    assert told(clock, machine, 180)


@pytest.mark.parametrize(
    "wrong",
    [{"profile": "rev5"}, {"speed": 0.0}, {"every_s": 0.1}, {"connect": "somewhere"}, {"connect": "h:99999"}],
)
def test_options_that_cannot_be_met_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        TalkingMachine(Hl7Options(**({"connect": "127.0.0.1:1"} | wrong)), ManualClock())


def test_over_a_real_socket_everything_arrives_and_the_truth_says_so(tmp_path: Path) -> None:
    seen: list[Observation] = []
    settings = MachineSettings("hl7_dialysis", "rev4", listen="127.0.0.1:0")
    sink = SourceSink(lambda one: seen.append(one) or True, lambda _: None, lambda: None)  # type: ignore[func-returns-value]
    listener, stop, pause = (
        MllpListener(settings, ADAPTERS["hl7_dialysis"], SystemClock(), sink),
        threading.Event(),
        threading.Event(),
    )
    box = threading.Thread(target=listener.run, args=(stop,))
    box.start()
    try:
        while listener.address is None:
            pause.wait(0.01)
        truth = tmp_path / "truth.jsonl"
        options = Hl7Options(
            f"127.0.0.1:{listener.address[1]}", speed=20.0, start_minute=30.0, scenario="air", onset_s=5.0, truth=truth
        )
        machine = threading.Thread(target=run_machine, args=(options, SystemClock(), stop))
        machine.start()
        while len(seen) < 20 and machine.is_alive():
            pause.wait(0.05)
    finally:
        stop.set()
        box.join(5)
    machine.join(5)
    lines = [json.loads(line) for line in truth.read_text().splitlines()]
    taken = [line for line in lines if line["answer"] == "AA"]
    assert len(taken) >= 19
    for line, one in zip(taken, seen, strict=False):
        assert line["readings"] == one.values
