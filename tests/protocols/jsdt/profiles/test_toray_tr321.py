from __future__ import annotations

from protocols.jsdt.profiles.base import V1
from protocols.jsdt.profiles.toray_tr321 import TORAY_TR321


def test_it_lacks_transmembrane_pressure_and_its_alarm() -> None:
    assert "".join(entry.letter for entry in TORAY_TR321.fields) == "ABCDEFGHIKabcdfgh"
    assert TORAY_TR321.length == V1.length - 6 - 2 == 74


def test_only_the_syringe_s_decimals_differ() -> None:
    changed = [entry for entry in TORAY_TR321.fields if entry not in V1.fields]
    assert [(entry.letter, entry.decimals, entry.width) for entry in changed] == [("E", 2, 5)]
