from __future__ import annotations

from typing import Any

import hl7  # type: ignore[import-untyped]
import pytest

from protocols.hl7_dialysis.answers import answer
from protocols.hl7_dialysis.er7 import take_apart
from protocols.hl7_dialysis.header import Header, read_header

NOW_US = 1_700_000_000_000_000


def header(kind: str = "ORU^R01^ORU_R01", accept: str = "", application: str = "", control_id: str = "a-17") -> Header:
    line = f"MSH|^~\\&|MACHINE^0123^EUI-64|HOME|homehd||20230301||{kind}|{control_id}|P|2.6|||{accept}|{application}"
    return read_header(take_apart(line.encode("latin-1")))


def messages(data: bytes) -> list[Any]:
    """Every answer, read by the library and not by us."""
    blocks = data.split(b"\x1c\r")
    assert blocks.pop() == b"" and all(block.startswith(b"\x0b") for block in blocks)
    return [hl7.parse(block[1:].decode("latin-1")) for block in blocks]


def test_a_reading_on_disk_is_accepted() -> None:
    (message,) = messages(answer(header(), kept=True, now_us=NOW_US))
    assert str(message.segment("MSH")[9]) == "ACK^R01^ACK"
    assert [str(field) for field in message.segment("MSA")] == ["MSA", "AA", "a-17"]
    assert str(message.segment("MSH")[5]) == "MACHINE^0123^EUI-64" and str(message.segment("MSH")[6]) == "HOME"
    assert str(message.segment("MSH")[7]) == "20231114221320+0000"
    assert "ERR" not in str(message)


def test_an_alarm_on_disk_is_accepted_in_its_own_words() -> None:
    (message,) = messages(answer(header("ORU^R40^ORU_R40", "NE", "AL"), kept=True, now_us=NOW_US))
    assert str(message.segment("MSH")[9]) == "ORA^R41^ORA_R41"
    assert str(message.segment("MSA")[1]) == "AA"


def test_what_is_not_on_disk_is_an_error_to_be_sent_again() -> None:
    (message,) = messages(answer(header(), kept=False, now_us=NOW_US))
    assert str(message.segment("MSA")[1]) == "AE"
    assert str(message.segment("ERR")[3]) == "207^Application internal error^HL70357"
    assert "again" in str(message.segment("ERR")[8])


@pytest.mark.parametrize("kept", [True, False])
def test_what_is_never_taken_is_rejected_with_its_reason(kept: bool) -> None:
    (message,) = messages(answer(header("ADT^A01"), kept=kept, now_us=NOW_US))
    assert str(message.segment("MSH")[9]) == "ACK^A01^ACK"
    assert str(message.segment("MSA")[1]) == "AR"
    assert [str(field) for field in message.segment("ERR")][2:5] == [
        "MSH^1^9", "200^Unsupported message type^HL70357", "E",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("accept", "application", "good", "bad"),
    [
        ("", "", ["AA"], ["AE"]),
        ("NE", "AL", ["AA"], ["AE"]),
        ("AL", "NE", ["CA"], ["CE"]),
        ("AL", "AL", ["CA", "AA"], ["CE", "AE"]),
        ("NE", "NE", [], []),
        ("ER", "NE", [], ["CE"]),
        ("NE", "ER", [], ["AE"]),
        ("SU", "NE", ["CA"], []),
        ("NE", "SU", ["AA"], []),
        ("AL", "", ["CA"], ["CE"]),
        ("??", "NE", ["CA"], ["CE"]),
    ],
)
def test_enhanced_mode_gets_what_it_asked_for(accept: str, application: str, good: list[str], bad: list[str]) -> None:
    for kept, expected in ((True, good), (False, bad)):
        given = messages(answer(header(accept=accept, application=application), kept=kept, now_us=NOW_US))
        assert [str(message.segment("MSA")[1]) for message in given] == expected
        ids = [str(message.segment("MSH")[10]) for message in given]
        assert len(set(ids)) == len(ids)
        assert all(str(message.segment("MSH")[9]) == "ACK^R01^ACK" for message in given)


def test_the_senders_own_delimiters_are_spoken() -> None:
    block = take_apart(b"MSH#*;?@#M*1#F###20230301##ORU*R01#1?F?2#P#2.6")
    (message,) = messages(answer(read_header(block), kept=True, now_us=NOW_US))
    assert str(message).startswith("MSH#*;?@#homehd##M*1#F#")
    assert str(message.segment("MSA")[2]) == "1?F?2", "as it came, so that the sender finds it"
