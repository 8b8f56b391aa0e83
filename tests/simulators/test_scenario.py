from __future__ import annotations

from math import nan
from pathlib import Path

import pytest

from simulators import scenario
from simulators.faults import NeedleOut
from simulators.scenario import Beginning, ClockJump, LinkDown, build, load_scenario
from simulators.stages import Stage
from telemetry.errors import SettingsError
from telemetry.signals import BY_NAME
from telemetry.treatment import is_ordinary

EXPECTED = [
    "access_stenosis", "air", "blood_leak", "clock_jump", "clotting", "hypotension", "needle_dislodgement",
    "power_cut", "pump_stop", "steady", "stuck_sensor", "wifi_flap",
]  # fmt: skip


def write(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text, "utf-8")
    return str(path)


def test_the_promised_scenarios_are_there() -> None:
    assert scenario.names() == EXPECTED


@pytest.mark.parametrize("name", EXPECTED)
def test_every_scenario_runs_a_day_of_ordinary_phases_and_plausible_values(name: str) -> None:
    machine = build(load_scenario(name), 3, Beginning(treatment_minutes=70))
    phase = machine.phase
    while machine.stage is not Stage.DONE:
        machine.step(2.0)
        assert is_ordinary(phase, machine.phase)
        phase = machine.phase
        for signal, value in machine.values.items():
            assert BY_NAME[signal].accepts(value), (signal, value)
    assert machine.time_s > 70 * 60


def test_only_faults_raise_machine_alarms() -> None:
    quiet = ["steady", "wifi_flap", "clock_jump", "stuck_sensor"]
    for name in quiet:
        machine = build(load_scenario(name), 6, Beginning(minute=15.0))
        for _ in range(1200):
            machine.step(1.0)
            assert not machine.alarms, name


def test_box_faults_are_data_for_others_and_leave_the_machine_alone() -> None:
    flap, jump = load_scenario("wifi_flap"), load_scenario("clock_jump")
    assert flap.box.link_down[0] == LinkDown(after_s=0, duration_s=20)
    assert jump.box.clock_jump == [ClockJump(after_s=0, seconds=-3600), ClockJump(after_s=120, seconds=7200)]
    assert flap.fault == jump.fault == []


def test_a_run_begins_where_it_is_told_and_faults_where_they_are_told() -> None:
    machine = build(load_scenario("needle_dislodgement"), 1, Beginning(minute=50.0, onset_s=30.0))
    assert machine.values["treatment_elapsed"] == pytest.approx(50.0, abs=0.1)
    assert machine.onset_s == machine.time_s + 30.0
    assert machine.patient.relative_blood_volume > -0.06  # the file's own onset at minute 20 did not happen


def test_without_a_beginning_the_machine_is_switched_on_and_faults_count_from_treatment() -> None:
    machine = build(load_scenario("needle_dislodgement"), 1)
    assert machine.stage is Stage.IDLE and machine.time_s == 0.0
    assert machine.onset_s == pytest.approx(345.0 + 20 * 60)


def test_a_shorter_treatment_keeps_the_filtration_rate() -> None:
    long, short = build(load_scenario("steady"), 1), build(load_scenario("steady"), 1, Beginning(treatment_minutes=60))
    assert short.prescription.ultrafiltration_ml == pytest.approx(long.prescription.ultrafiltration_ml / 4, abs=10)


@pytest.mark.parametrize(
    ("beginning", "said"),
    [
        (Beginning(minute=300.0), "240 minutes"),
        (Beginning(minute=-1.0), "240 minutes"),
        (Beginning(minute=nan), "240 minutes"),
        (Beginning(treatment_minutes=0.0), "5 … 600"),
        (Beginning(treatment_minutes=nan), "5 … 600"),
    ],
)
def test_a_beginning_that_cannot_be_is_refused(beginning: Beginning, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        build(load_scenario("steady"), 1, beginning)


def test_a_patient_who_cannot_be_is_refused(tmp_path: Path) -> None:
    wrong = load_scenario(write(tmp_path, 'about = "x"\n[patient]\ntarget_weight_kg = 0\n'))
    with pytest.raises(SettingsError, match="target_weight_kg"):
        build(wrong, 1)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="steady"):
        load_scenario("calm")


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    mine = load_scenario(write(tmp_path, 'about = "x"\n[[fault]]\nkind = "needle_out"\nafter_s = 3\n'))
    assert mine.name == "mine"
    assert mine.fault == [NeedleOut(after_s=3)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('about = "x"\ncolour = 1\n', "mine.toml:2"),
        ('about = "x"\n[[fault]]\nkind = "earthquake"\n', "earthquake"),
        ('about = "x"\n[[fault]]\nkind = "air"\nbubbles = 3\n', "bubbles"),
        ('about = "x"\n[[fault]]\nkind = "stuck_sensor"\nsignal = "mood"\n', "mood"),
        ('about = "x"\n[patient]\nshoe_size = 43\n', "shoe_size"),
        ('about = "x"\n[machine]\nneedle_gauge = 12\n', "needle_gauge"),
        ("about = 3\n", "about"),
        ("[box\n", "mine.toml"),
    ],
)
def test_a_wrong_file_is_one_clear_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        load_scenario(write(tmp_path, text))
    assert caught.value.exit_code == 2
    assert "\n" not in caught.value.line()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        load_scenario(str(tmp_path / "none.toml"))
