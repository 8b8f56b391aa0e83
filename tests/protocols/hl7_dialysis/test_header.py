from __future__ import annotations

import pytest

from protocols.hl7_dialysis.er7 import take_apart
from protocols.hl7_dialysis.header import LONGEST_ID, Header, read_header

GOOD = {9: "ORU^R01^ORU_R01", 10: "17", 11: "P", 12: "2.6"}


def header(**fields: str) -> Header:
    wanted = GOOD | {int(name[1:]): text for name, text in fields.items()}
    line = "MSH|^~\\&|" + "|".join(wanted.get(number, "") for number in range(3, 22))
    return read_header(take_apart(line.encode("latin-1")))


def test_readings_and_alarms_are_taken() -> None:
    assert header().refusal is None
    assert (header().trigger, header().control_id, header().enhanced) == ("R01", "17", False)
    alarm = header(f9="ORU^R40^ORU_R40", f15="NE", f16="AL")
    assert (alarm.trigger, alarm.refusal, alarm.enhanced) == ("R40", None, True)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"f10": ""}, 101),
        ({"f9": "ADT^A01"}, 200),
        ({"f9": ""}, 200),
        ({"f9": "ORU"}, 201),
        ({"f9": "ORU^R30"}, 201),
        ({"f11": "T"}, 202),
        ({"f11": "D"}, 202),
        ({"f12": "2.3"}, 203),
        ({"f12": "3.0"}, 203),
        ({"f12": ""}, 203),
        ({"f18": "GB 18030-2000"}, 103),
        ({"f18": "ASCII~ISO IR87"}, 103),
        ({"f18": "UNICODE UTF-16"}, 103),
    ],
)
def test_what_is_never_taken_says_why(fields: dict[str, str], code: int) -> None:
    refusal = header(**fields).refusal
    assert refusal is not None and refusal.code == code


@pytest.mark.parametrize(
    "fields",
    [{"f11": ""}, {"f11": "P^A"}, {"f12": "2.6^USA"}, {"f12": "2.5.1"}, {"f18": "8859/1"}, {"f18": "UNICODE UTF-8"}],
)
def test_what_may_differ_is_taken(fields: dict[str, str]) -> None:
    assert header(**fields).refusal is None


def test_a_control_id_is_cut() -> None:
    assert len(header(f10="x" * 5000).control_id) == LONGEST_ID
