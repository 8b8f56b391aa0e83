from __future__ import annotations

from protocols.jsdt.profile import Role
from protocols.jsdt.profiles import PROFILES
from simulators.extras import extras_of
from simulators.scenario import Beginning, build, load_scenario


def test_every_key_is_a_field_of_some_profile_and_every_text_fits() -> None:
    machine = build(load_scenario("steady"), 1, Beginning(minute=30.0))
    widths = {f.name: f.width for p in PROFILES.values() for f in p.fields if f.role is Role.EXTRA}
    extras = extras_of(machine)
    assert extras.keys() <= widths.keys()
    assert all(len(text) <= widths[name] for name, text in extras.items())
    assert float(extras["venous_pressure_alarm_low"]) < machine.values["venous_pressure"]
    assert float(extras["venous_pressure_alarm_high"]) > machine.values["venous_pressure"]


def test_what_was_not_measured_is_not_said() -> None:
    extras = extras_of(build(load_scenario("steady"), 1))
    assert "blood_pressure_time" not in extras
    assert "venous_pressure_alarm_low" not in extras
