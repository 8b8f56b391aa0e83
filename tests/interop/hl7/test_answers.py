"""Acknowledgements: every code, with another's delimiters, and whatever else a stranger may say."""

from __future__ import annotations

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interop.hl7 import answers
from interop.hl7.answers import Verdict


@pytest.mark.parametrize(
    ("code", "verdict"),
    [("AA", Verdict.ACCEPTED), ("CA", Verdict.ACCEPTED), ("AE", Verdict.AGAIN), ("CE", Verdict.AGAIN),
     ("AR", Verdict.REFUSED), ("CR", Verdict.REFUSED)],
)  # fmt: skip
def test_codes(code: str, verdict: Verdict) -> None:
    answer = answers.parse(f"MSH|^~\\&|EMR\rMSA|{code}|id-1\r".encode())
    assert answer is not None and answer.verdict is verdict and answer.control_id == "id-1"


def test_another_program_s_answer_is_read() -> None:
    theirs = hl7.parse("MSH|^~\\&|homehd||||20250615||ORU^R01^ORU_R01|id-1|P|2.6\r").create_ack("AE", "ACK9", "EMR")
    answer = answers.parse(str(theirs).encode())
    assert answer is not None and (answer.code, answer.control_id) == ("AE", "id-1")


def test_why_it_was_refused() -> None:
    answer = answers.parse(
        b"MSH|^~\\&|EMR\nMSA|AR|id-1|no such\x07 patient\nERR||PID^1^3|204^Unknown key identifier^HL70357|E\n"
    )
    assert answer is not None
    assert (answer.error, answer.text) == ("204", "no such  patient; Unknown key identifier")


def test_other_delimiters() -> None:
    answer = answers.parse(b"MSH*:~\\&*EMR\rMSA*AA*id-1\r")
    assert answer is not None and answer.code == "AA"


@pytest.mark.parametrize(
    "block",
    [b"", b"MSH", b"MSH|^~\\&", b"MSA|AA|id-1", b"MSH|^~\\&|x\rMSA|OK|id-1", b"MSH|^~\\&|x\rMSA",
     b"MSH|^~\\&|x\rMSAX|AA|1", b"\xff\xfe\x00", b"HTTP/1.1 400 Bad Request\r\n\r\n"],
)  # fmt: skip
def test_what_is_no_answer(block: bytes) -> None:
    assert answers.parse(block) is None


def test_words_have_an_end() -> None:
    answer = answers.parse(b"MSH|^~\\&|x\rMSA|AR|1|" + b"w" * 9999 + b"\rERR|||" + b"9" * 99)
    assert answer is not None and len(answer.text) == answers.LONGEST_TEXT and len(answer.error) == 10


@given(st.binary(max_size=200))
def test_anything_is_an_answer_or_none(data: bytes) -> None:
    answers.parse(data)
    answers.parse(b"MSH|^~\\&|x\rMSA|" + data)
