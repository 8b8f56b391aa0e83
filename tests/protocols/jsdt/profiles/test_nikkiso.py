from __future__ import annotations

from protocols.jsdt.profile import Role
from protocols.jsdt.profiles.base import V1
from protocols.jsdt.profiles.nikkiso import NIKKISO_V2


def test_order_widths_and_length_are_version_2_s() -> None:
    assert "".join(entry.letter for entry in NIKKISO_V2.fields) == "ABCDEFGHIJKLabcdefghMNOPQRSTUVi"
    widths = {entry.letter: entry.width for entry in NIKKISO_V2.fields}
    assert (widths["M"], widths["N"], widths["S"], widths["i"], widths["L"]) == (1, 1, 6, 1, 5)
    assert NIKKISO_V2.length == 143
    assert NIKKISO_V2.version == 2


def test_it_is_version_1_with_rows_added() -> None:
    assert [entry for entry in NIKKISO_V2.fields if entry in V1.fields] == list(V1.fields)


def test_it_says_its_phase_and_blood_pressure() -> None:
    roles = {entry.letter: (entry.role, entry.name) for entry in NIKKISO_V2.fields}
    assert NIKKISO_V2.says_phase
    assert roles["M"] == (Role.TREATING, "treating")
    assert roles["N"] == (Role.MODALITY, "modality")
    assert [roles[letter][1] for letter in "TUV"] == ["systolic", "diastolic", "pulse_rate"]
    assert roles["i"][0] is Role.ALARM
