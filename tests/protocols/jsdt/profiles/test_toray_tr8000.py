from __future__ import annotations

from protocols.jsdt.profile import Role
from protocols.jsdt.profiles.base import V1
from protocols.jsdt.profiles.toray_tr8000 import TORAY_TR8000


def test_order_widths_and_length_are_the_model_s() -> None:
    letters = "".join(entry.letter for entry in TORAY_TR8000.fields)
    assert letters == "ABCDEFGHIJKabcdefghLMNOPQRSTUVWXYZijklmnopqrstuvwxyz!#$"
    narrow = {entry.letter: entry.width for entry in TORAY_TR8000.fields if entry.width != 5}
    assert narrow == dict.fromkeys("abcdefghjklmpxyz!$", 1) | {"n": 8}
    # K, version, LEN, SUM and CR LF around it: about 270 bytes, 0.28 s at 9600 baud.
    assert TORAY_TR8000.length + 9 == 270


def test_version_1_stands_in_front_unchanged() -> None:
    assert TORAY_TR8000.fields[: len(V1.fields)] == V1.fields


def test_letters_of_version_2_mean_something_else_here() -> None:
    names = {entry.letter: entry.name for entry in TORAY_TR8000.fields if entry.role is Role.SIGNAL}
    assert {letter: names[letter] for letter in "LNOPo"} == {
        "L": "dialysate_flow",
        "N": "systolic",
        "O": "diastolic",
        "P": "pulse_rate",
        "o": "arterial_pressure",
    }
    assert not TORAY_TR8000.says_phase


def test_limits_are_known_for_the_alarms_that_have_them() -> None:
    assert TORAY_TR8000.limits == {
        "venous_pressure": ("V", "W"),
        "dialysate_pressure": ("Y", "Z"),
        "transmembrane_pressure": ("s", "t"),
    }
