"""A remote configuration comes into force outside treatments, and a bad one costs a trial, never the home."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from edge_agent import remote_file
from edge_agent.config import EdgeConfig
from edge_agent.quiet_time import SAID_SO_S
from edge_agent.reconfigure import (
    LOG_EVERY_S,
    RETRY_S,
    STEADY_S,
    TOLD_S,
    TRIAL_S,
    WAITING,
    Reconfigure,
    settings_in_force,
)
from edge_agent.remote_config import MAX_TRIALS, Settings, State
from telemetry import wire
from telemetry.clock import ManualClock
from telemetry.errors import HomehdError
from telemetry.messages import MachineLink, SignedConfig
from telemetry.treatment import Phase

SLOWER = b"[machine]\npoll_s = 5.0\n"


class Box:
    """A box whose agent is started anew whenever it wants to be."""

    def __init__(self, config: EdgeConfig, folder: Path) -> None:
        (folder / "ca.pem").touch()
        uplink = msgspec.structs.replace(config.uplink, ca_file=str(folder / "ca.pem"))
        self.base = msgspec.structs.replace(config, broker="mqtts://127.0.0.1:1", uplink=uplink)
        self.file = remote_file.path_beside(Path(config.outbox.path))
        self.clock = ManualClock()
        self.verdict: str | HomehdError = ""
        self.checked = 0
        self.start()

    def start(self) -> None:
        self.config, state = settings_in_force(self.base)
        self.agent = Reconfigure(self.base, state, self.clock, lambda: True, self.check)

    def check(self, _payload: bytes, _ca_file: str, _now_us: int | None) -> str:
        self.checked += 1
        if isinstance(self.verdict, HomehdError):
            raise self.verdict
        return self.verdict

    def send(self, serial: int, settings: bytes = SLOWER, unit: str | None = None) -> None:
        message = SignedConfig(1, unit or self.base.unit, serial, settings, b"s", b"c")
        self.agent.received(wire.encode(message))
        self.agent.step()

    def idle(self) -> None:
        """The machine idles, the broker is there, and time goes by until both are believed."""
        self.agent.connected()
        self.agent.link(MachineLink.CONNECTED)
        self.agent.observed(Phase.IDL)
        self.pass_s(SAID_SO_S + STEADY_S)

    def pass_s(self, seconds: float) -> None:
        for _ in range(round(seconds / 5)):
            self.clock.advance(5)
            self.agent.step()
            if self.agent.wants_restart:
                self.start()


@pytest.fixture
def box(config: EdgeConfig, tmp_path: Path) -> Box:
    return Box(config, tmp_path)


def in_force(box: Box) -> float:
    return box.config.machine.poll_s


def test_it_comes_into_force_when_the_machine_idles_and_stays_when_the_agent_comes_up(box: Box) -> None:
    box.send(3)
    box.idle()
    assert in_force(box) == 5.0
    assert box.agent.serial == 3
    box.idle()
    assert remote_file.read(box.file) == State(active=Settings(3, SLOWER), unit=box.base.unit)
    box.start()
    assert in_force(box) == 5.0
    assert box.agent.trouble == ""


@pytest.mark.parametrize("phase", [Phase.PRETX, Phase.TX, Phase.POSTTX])
def test_never_during_a_treatment(box: Box, phase: Phase) -> None:
    box.send(3)
    box.agent.connected()
    box.agent.observed(phase)
    box.pass_s(8 * 3600)
    assert in_force(box) == 0.1
    box.idle()
    assert in_force(box) == 5.0


def test_one_with_which_no_broker_is_found_is_rolled_back_and_tried_twice_more(box: Box) -> None:
    box.send(3, b'broker = "mqtts://192.0.2.1"\n')
    for trial in range(MAX_TRIALS):
        box.idle()
        assert box.config.broker == "mqtts://192.0.2.1", f"trial {trial}"
        box.agent.link(MachineLink.CONNECTED)
        box.pass_s(TRIAL_S + 10)  # without a broker
        assert box.config == box.base
        assert "no broker within" in box.agent.trouble
    box.idle()
    box.pass_s(3600)
    assert box.config == box.base
    box.send(3, b'broker = "mqtts://192.0.2.1"\n')
    assert box.checked == 1, "it is not looked at again"


def test_one_with_which_the_machine_is_lost_is_rolled_back(box: Box) -> None:
    box.send(3, b'[machine]\nport = "/dev/nothing"\n')
    box.idle()
    box.agent.connected()
    box.agent.link(MachineLink.DISCONNECTED)
    box.pass_s(TRIAL_S + 10)
    assert box.config == box.base
    assert "no machine within" in box.agent.trouble


def test_one_whose_agent_dies_is_rolled_back(box: Box) -> None:
    box.send(3)
    box.idle()
    assert in_force(box) == 5.0
    box.start()  # a crash, a power cut
    assert in_force(box) == 0.1
    assert "ended while trying" in box.agent.trouble


def test_a_forged_one_is_named_checked_once_a_minute_and_shuts_nobody_out(box: Box) -> None:
    box.verdict = "not certified"
    for _ in range(20):
        box.send(2**60)
    assert box.checked == 1
    assert "did not come from us" in box.agent.trouble and "not certified" in box.agent.trouble
    assert remote_file.read(box.file) == State(), "nothing of it is kept"
    box.clock.advance(RETRY_S)
    for _ in range(WAITING):
        box.clock.advance(RETRY_S)
        box.agent.step()
    box.verdict = ""
    box.clock.advance(RETRY_S)
    box.send(1)
    box.idle()
    assert box.agent.serial == 1


def test_a_forgers_failure_is_told_for_an_hour_and_never_over_one_of_ours(box: Box) -> None:
    box.verdict = "not certified"
    box.send(7)
    box.pass_s(TOLD_S - 10)
    assert "did not come from us" in box.agent.trouble
    box.pass_s(20)
    assert box.agent.trouble == ""
    box.verdict = ""
    box.send(3, b"unit = 'u2'")
    box.verdict = "not certified"
    box.send(8)
    assert box.agent.trouble.startswith("serial 3: "), "ours counts more"


def test_a_forgers_failure_is_forgotten_when_a_genuine_one_is_in_force(box: Box) -> None:
    box.send(3)
    box.idle()
    box.verdict = "not certified"
    box.send(8)
    assert "did not come from us" in box.agent.trouble, "while 3 is on trial"
    box.idle()
    assert (box.agent.serial, box.agent.trouble) == (3, "")


def test_a_flood_is_logged_once_a_minute_with_its_number(box: Box, caplog: pytest.LogCaptureFixture) -> None:
    def counts() -> list[int]:
        return [vars(record)["fields"]["count"] for record in caplog.records if "too many" in record.getMessage()]

    box.verdict = "not certified"
    for n in range(1 + WAITING + 100):
        box.send(1000 + n)
    assert counts() == [1]
    assert "not all of them ours" in box.agent.trouble
    box.clock.advance(LOG_EVERY_S)
    for n in range(3):
        box.send(2000 + n)
    assert counts()[:2] == [1, 100]
    assert sum("not ours" in record.getMessage() for record in caplog.records) == 2


def test_bytes_without_sense_are_logged_once_a_minute(box: Box, caplog: pytest.LogCaptureFixture) -> None:
    for n in range(50):
        box.agent.received(b"\xc1" + bytes([n]))
        box.agent.step()
    assert len(caplog.records) == 1


def test_a_full_queue_lets_a_genuine_one_in_and_it_is_looked_at_within_minutes(box: Box) -> None:
    box.verdict = "not certified"
    for n in range(1 + 3 * WAITING):
        box.send(1000 + n)
    genuine = SignedConfig(1, box.base.unit, 5, SLOWER, b"s", b"c")
    box.agent._check = lambda payload, *_: "" if payload == wire.encode(genuine) else "not certified"
    box.agent.received(wire.encode(genuine))
    box.pass_s(WAITING * RETRY_S + 10)
    box.idle()
    assert box.agent.serial == 5


def test_another_units_is_refused_without_a_look(box: Box) -> None:
    box.send(3, unit="somebody-else")
    assert "for another unit" in box.agent.trouble
    assert box.checked == 0
    box.send(3)
    box.idle()
    assert box.agent.serial == 3, "what costs no child process delays nobody"


def test_a_box_without_an_authority_takes_none(box: Box) -> None:
    box.base = msgspec.structs.replace(box.base, uplink=msgspec.structs.replace(box.base.uplink, ca_file=""))
    box.start()
    box.send(3)
    assert "no authority" in box.agent.trouble
    assert box.checked == 0


def test_one_the_agent_could_not_run_with_is_refused_by_its_key(box: Box) -> None:
    box.send(3, b"unit = 'u2'")
    assert "serial 3" in box.agent.trouble
    assert "unit" in box.agent.trouble
    box.idle()
    assert box.config == box.base


def test_what_could_not_be_checked_is_looked_at_again_after_a_minute(box: Box) -> None:
    """It may come once only: a retained message comes when a connection begins, and one may hold for months."""
    box.verdict = HomehdError("check signature", "child process", recoverable=True)
    box.send(3)
    assert box.agent.trouble == ""
    box.pass_s(RETRY_S - 5)
    assert box.checked == 1
    box.verdict = ""
    box.pass_s(10)
    box.idle()
    assert (box.agent.serial, box.checked) == (3, 2)


def test_one_that_can_never_be_checked_keeps_no_other_from_its_turn(box: Box) -> None:
    box.verdict = HomehdError("check signature", "child process", recoverable=True)
    box.send(3)
    box.send(4)
    box.pass_s(RETRY_S + 5)
    box.verdict = ""
    box.pass_s(RETRY_S + 5)
    box.idle()
    assert box.agent.serial == 4


def test_one_whose_refusal_could_not_be_noted_is_looked_at_again(box: Box) -> None:
    box.file.with_name(box.file.name + ".new").mkdir()
    box.send(3)
    box.file.with_name(box.file.name + ".new").rmdir()
    box.pass_s(RETRY_S + 5)
    box.idle()
    assert box.agent.serial == 3


def test_bytes_that_are_no_configuration_change_nothing(box: Box) -> None:
    box.agent.received(b"\xc1")
    box.agent.step()
    assert remote_file.read(box.file) == State()


def test_a_full_disk_stops_no_agent_and_begins_no_trial(box: Box) -> None:
    box.send(3)
    box.file.with_name(box.file.name + ".new").mkdir()
    box.idle()
    assert in_force(box) == 0.1, "what cannot be noted is not begun"
    box.start()
    assert in_force(box) == 0.1
    box.file.with_name(box.file.name + ".new").rmdir()
    box.pass_s(RETRY_S)
    box.idle()
    assert in_force(box) == 5.0


def test_a_trial_whose_start_cannot_be_noted_is_not_begun(box: Box) -> None:
    remote_file.write(box.file, State(trial=Settings(3, SLOWER, 1)))
    box.file.with_name(box.file.name + ".new").mkdir()
    box.start()
    assert in_force(box) == 0.1


def test_what_no_longer_fits_the_file_is_given_up(box: Box) -> None:
    remote_file.write(box.file, State(active=Settings(3, b'[gateway]\ntopic = "x"\n')))
    box.start()
    assert box.config == box.base
    assert "serial 3" in box.agent.trouble


def test_settings_of_the_home_a_box_was_in_before_are_not_this_homes(box: Box) -> None:
    box.send(3)
    box.idle()
    box.idle()
    assert remote_file.read(box.file).active == Settings(3, SLOWER)
    box.base = msgspec.structs.replace(box.base, unit="another1")
    box.start()
    assert (in_force(box), box.agent.serial) == (0.1, 0)
    box.send(1, b"[machine]\npoll_s = 7.0\n")
    box.idle()
    assert in_force(box) == 7.0
