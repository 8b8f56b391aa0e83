from __future__ import annotations

import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.hl7_dialysis.er7 import LONGEST_FIELD, MAX_DELIMITERS, Er7Error, take_apart
from protocols.hl7_dialysis.mllp import MAX_BLOCK

HEAD = rb"MSH|^~\&|M^0123^EUI-64|F|homehd||20230301120000||ORU^R01^ORU_R01|17|P|2.6" + b"\r"


def test_a_header_and_the_segments_that_count() -> None:
    block = take_apart(
        HEAD
        + b"PID|||4711^^^^MR~SIM/1^^^^U||Doe^Jane\rNK1|1|Doe^John\rPV1||U\r"
        + b"OBR|1||x\rOBX|1|NM|158776^A^MDC||140|mm[Hg]\r"
    )
    assert (block.field(3), block.field(9), block.field(10), block.field(12)) == (
        "M^0123^EUI-64", "ORU^R01^ORU_R01", "17", "2.6",
    )  # fmt: skip
    assert (block.field(18), block.field(99)) == ("", "")
    assert block.patient_ids == ("4711^^^^MR", "SIM/1^^^^U")
    assert [line[:3] for line in block.lines] == ["OBR", "OBX"]
    _, obx = block.segments()
    assert [obx.part(3), obx.part(3, 2), obx.part(3, 3), obx.part(5), obx.part(6)] == [
        "158776", "A", "MDC", "140", "mm[Hg]",
    ]  # fmt: skip
    assert [obx.part(3, 4), obx.part(5, 2), obx.part(5, 1, 2), obx.part(77), obx.part(6, 9, 9)] == [""] * 5


def test_nothing_of_a_person_is_kept() -> None:
    block = take_apart(HEAD + b"PID|||4711^^^^MR||Doe^Jane||19700101\rNK1|1|Doe^John\rPV1||I|^^^^^H|||Doc^Tor\rOBX|1\r")
    kept = repr((block.header, block.lines, [segment.parsed for segment in block.segments()]))
    assert not [secret for secret in ("Doe", "Jane", "John", "1970", "Doc") if secret in kept]


def test_delimiters_are_the_messages_own() -> None:
    block = take_apart(
        b"MSH#*;?@#M#F###20230301##ORU*R01#1#P#2.6\rOBX#1#ST#531972*S*MDC##a?T?b?S?c?F?d?R?e?E?f?Xff?g\r"
    )
    (obx,) = block.segments()
    assert obx.part(3, 2) == "S"
    assert obx.part(5) == "a@b*c#d;e?fg", "an escape that is not a delimiter is dropped"


def test_a_fifth_encoding_character_is_allowed() -> None:
    assert take_apart(rb"MSH|^~\&#|M|F").field(3) == "M"


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_any_line_end_will_do(end: bytes) -> None:
    block = take_apart(HEAD.rstrip() + end + b"OBR|1" + end + b"OBX|1" + end)
    assert [line[:3] for line in block.lines] == ["OBR", "OBX"]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"", "no MSH"),
        (b"MSH", "five different marks"),
        (b"MSH|", "five different marks"),
        (rb"MSH|^~\|", "five different marks"),
        (rb"MSH|^^\&|", "five different marks"),
        (rb"MSH|^~\&&&|", "five different marks"),
        (rb"MSHA^~\&A", "five different marks"),
        (b"MSH|^~\\\xe9|", "five different marks"),
        (b"MSH|^~.&|", "five different marks"),
        (rb"PID|^~\&|", "no MSH"),
        (rb"FHS|^~\&|x" + b"\r" + HEAD, "a batch file"),
        (HEAD + HEAD, "two messages"),
    ],
)
def test_what_is_no_message_is_refused_without_quoting_it(bad: bytes, why: str) -> None:
    with pytest.raises(Er7Error, match=why):
        take_apart(bad)


def test_a_long_header_field_is_cut() -> None:
    assert len(take_apart(rb"MSH|^~\&|" + b"x" * 5000 + b"|F").field(3)) == LONGEST_FIELD


@pytest.mark.parametrize("mark", [b"|", b"^", b"~", b"&", b"\\", b"^&~", b"OBX|\r"])
def test_delimiters_by_the_thousand_cost_neither_memory_nor_time(mark: bytes) -> None:
    hostile = HEAD + b"OBX|1|" + mark * ((MAX_BLOCK - 200) // len(mark))
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(Er7Error, match=str(MAX_DELIMITERS)):
        take_apart(hostile).segments()
    took, peak = time.process_time() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8e6, f"{peak / 1e6:.1f} MB for 64 KiB"
    assert took < 2.0


def test_as_many_segments_as_the_bound_allows_are_taken_in_bounded_memory() -> None:
    row = b"OBX|1|NM|158776^MDC_X^MDC|1.1.1.0|140|mm[Hg]^mm[Hg]^UCUM|20-400||||F||||||AMEAS^a^MDC\r"
    tracemalloc.start()
    segments = take_apart(HEAD + row * 320).segments()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(segments) == 320 and segments[-1].part(5) == "140"
    assert peak < 8e6


def test_an_escape_cannot_blow_up() -> None:
    # The library's own would make a thousand million characters of this one.
    block = take_apart(HEAD + rb"OBX|1|ST|x||\.sp999999999\\X41\\H\\C1\tail" + b"\r")
    assert block.segments()[0].part(5) == "tail"


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from([*'|^~\\&\r\n"', "MSH", "OBX|", "PID|", "158776", "x", "é", "\x00", "\x85"]), max_size=60)
)
def test_any_text_is_taken_apart_or_refused(parts: list[str]) -> None:
    for head in (b"", HEAD):
        try:
            segments = take_apart(head + "".join(parts).encode("utf-8")).segments()
        except Er7Error:
            continue
        for segment in segments:
            assert len(segment.part(3, 2)) <= 4000
            segment.repetitions(8)
