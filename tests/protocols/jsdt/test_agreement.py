"""What one frame is believed for, and what it takes two for."""

from __future__ import annotations

import pytest

from protocols.events import Observation, Rejected
from protocols.jsdt.agreement import CALM_FRAMES, PATIENCE
from protocols.jsdt.decoder import JsdtDecoder
from protocols.jsdt.encode import encode
from protocols.jsdt.frames import POLL, Frame
from protocols.jsdt.profiles import PROFILES
from tests.noisy_line import bits_flipped, bytes_flipped, run

V1, V2 = PROFILES["v1"], PROFILES["nikkiso-v2"]
STEADY = {
    "ultrafiltration_target": 2500.0, "ultrafiltration_volume": 1200.0, "ultrafiltration_rate": 630.0,
    "blood_flow": 300.0, "heparin_rate": 1.0, "dialysate_temperature": 36.5, "dialysate_conductivity": 14.0,
    "venous_pressure": 140.0, "dialysate_pressure": 40.0, "transmembrane_pressure": 100.0, "treatment_elapsed": 115.0,
}  # fmt: skip
NOISE = b"K1082A02.\xff\xfe garbage"


class Machine:
    """A cautious decoder and frames for it."""

    def __init__(self) -> None:
        self.decoder = JsdtDecoder(V1, cautious=True)

    def says(self, *, alarms: frozenset[str] = frozenset(), **values: float) -> list[Observation]:
        found = self.decoder.receive(encode(V1, STEADY | values, alarms))
        assert not any(isinstance(one, Rejected) for one in found)
        return [one for one in found if isinstance(one, Observation)]

    def noise(self) -> None:
        self.decoder.receive(NOISE)
        assert self.decoder.idle()


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_on_a_calm_line_a_frame_is_believed_as_it_comes(machine: Machine) -> None:
    for pressure in (140.0, 146.0, 139.0, 150.0):
        (seen,) = machine.says(venous_pressure=pressure)
        assert seen.values["venous_pressure"] == pressure
        assert not machine.decoder.unsure


@pytest.mark.parametrize(
    "change",
    [
        {"venous_pressure": 20.0},
        {"dialysate_temperature": 38.5},
        {"ultrafiltration_volume": 5200.0},
        {"venous_pressure": float("nan")},  # not measured any more
        {"venous_pressure": 999.0},  # cannot be true
    ],
    ids=str,
)
def test_what_leaps_waits_for_a_second_frame_and_then_both_are_there(
    machine: Machine, change: dict[str, float]
) -> None:
    machine.says()
    assert machine.says(**change) == []
    assert machine.decoder.unsure
    first, second = machine.says(**change)
    assert (first.values, first.invalid) == (second.values, second.invalid)
    assert not machine.decoder.unsure


def test_a_leap_that_was_none_is_not_measured_and_the_rest_of_the_frame_stays(machine: Machine) -> None:
    machine.says()
    machine.says(venous_pressure=940.0)
    (held,) = machine.says()
    assert "venous_pressure" not in held.values and held.invalid == {}
    assert {name: value for name, value in STEADY.items() if name != "venous_pressure"} == held.values
    assert machine.decoder.unsure, "back is a leap too"
    (last, again) = machine.says()
    assert last.values == again.values == STEADY


def test_a_real_alarm_waits_for_one_answer_and_a_false_one_never_begins(machine: Machine) -> None:
    machine.says()
    assert machine.says(alarms=frozenset("f")) == []
    (false,) = machine.says()
    assert not false.alarms
    machine.says()
    assert machine.says(alarms=frozenset("f")) == []
    first, second = machine.says(alarms=frozenset("f"))
    assert first.alarms == second.alarms != frozenset()
    assert machine.says() == []
    assert [bool(one.alarms) for one in machine.says()] == [False, False], "and it ends no sooner"


def test_after_a_disturbance_only_what_two_frames_spell_alike_is_believed(machine: Machine) -> None:
    machine.says()
    machine.noise()
    assert machine.says(venous_pressure=141.0) == []
    (agreed,) = machine.says(venous_pressure=142.0)
    assert "venous_pressure" not in agreed.values
    assert agreed.values["blood_flow"] == 300.0
    assert not machine.decoder.unsure, "both frames are spent"


def test_a_frame_held_too_long_confirms_nothing(machine: Machine) -> None:
    machine.says()
    for noises, believed in ((PATIENCE, 1), (PATIENCE + 1, 0)):
        machine.noise()
        machine.says()
        for _ in range(noises):
            machine.noise()
        assert len(machine.says()) == believed


def test_a_line_is_calm_again_after_many_good_frames(machine: Machine) -> None:
    machine.noise()
    believed = [len(machine.says()) for _ in range(CALM_FRAMES + 2)]
    assert set(believed[: CALM_FRAMES - 1 : 2]) == {0} and set(believed[1:CALM_FRAMES:2]) == {1}
    assert believed[-2:] == [1, 1]


def test_an_echo_of_the_poll_disturbs_nobody(machine: Machine) -> None:
    machine.says()
    for pressure in (141.0, 142.0, 143.0):
        found = machine.decoder.receive(POLL + encode(V1, STEADY | {"venous_pressure": pressure}))
        assert any(isinstance(one, Observation) for one in found)


def test_a_machine_that_prints_in_its_own_way_is_believed(machine: Machine) -> None:
    """Shapes are compared with the frame before, not with what the table expects."""
    for pressure in (b"140.5", b"141.0", b"  139", b"  -12"):
        data = Frame.from_bytes(encode(V1, STEADY)).data.replace(b"H00140", b"H" + pressure)
        found = machine.decoder.receive(Frame(1, data).to_bytes())
        seen = [one for one in found if isinstance(one, Observation)]
        if pressure in (b"140.5", b"141.0"):
            assert [one.values["venous_pressure"] for one in seen] == [float(pressure)]
        else:
            assert machine.decoder.unsure, "a shape that changes is asked for again"


def test_damage_that_a_sum_cannot_see_is_not_believed() -> None:
    for profile in (V1, V2):
        for damage in (bytes_flipped(0.02), bytes_flipped(0.005), bits_flipped(0.002)):
            tally = run(profile, damage, 3_000, seed=11)
            assert tally.wrong == [] and tally.outcomes["believed"] > 10
    plain = run(V1, bytes_flipped(0.02), 3_000, seed=11, cautious=False)
    assert plain.wrong
