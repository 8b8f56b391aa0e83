from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.inbox import Message
from ingest.publishes import BrokenStreamError, packet, take

PINGRESP = b"\xd0\x00"
TOPIC = "hhd/1/7/u1/up"
AT_US = 5


def test_a_message_reads_as_it_was_written_whatever_its_size() -> None:
    for size in (0, 1, 100, 127, 128, 16_000, 16_384, 2_100_000):
        data = packet(TOPIC, bytes(size))
        assert take(data, 0, AT_US) == ([Message(TOPIC, bytes(size), AT_US)], b"", len(data))


def test_it_is_written_as_the_protocol_says() -> None:
    # MQTT 3.1.1, 3.3: type 3; the length of what follows in sevens of bits, lowest first; topic with its length.
    assert packet("a/b", b"payload") == b"\x30\x0c\x00\x03a/bpayload"
    assert packet("a/b", bytes(200))[:8] == b"\x30\xcd\x01\x00\x03a/b"


@given(
    st.lists(st.tuples(st.text(max_size=9), st.binary(max_size=300), st.booleans()), max_size=5),
    st.lists(st.integers(0, 400), max_size=8),
)
def test_a_stream_cut_anywhere_gives_the_same_messages(sent: list[tuple[str, bytes, bool]], cuts: list[int]) -> None:
    sent = [(topic.encode(errors="replace").decode(), payload, retain) for topic, payload, retain in sent]
    stream = b"".join(
        bytes([packet(topic, payload)[0] | retain]) + packet(topic, payload)[1:] for topic, payload, retain in sent
    )
    found: list[Message] = []
    rest = b""
    ends = sorted(min(cut, len(stream)) for cut in cuts)
    for start, end in zip([0, *ends], [*ends, len(stream)], strict=True):
        rest += stream[start:end]
        messages, other, used = take(rest, 0, AT_US)
        assert not other
        found += messages
        rest = rest[used:]
    assert found == [Message(topic, payload, AT_US, retain) for topic, payload, retain in sent]
    assert rest == b""


def test_a_packet_of_another_kind_is_given_out_whole_and_what_is_behind_it_left() -> None:
    qos1 = b"\x32\x05\x00\x01t\x00\x09"
    stream = packet("a", b"1") + PINGRESP + qos1 + packet("b", b"2")

    first = take(stream, 0, AT_US)
    assert ([m.topic for m in first.messages], first.other) == (["a"], PINGRESP)
    second = take(stream, first.used, AT_US)
    assert (second.messages, second.other) == ([], qos1)
    third = take(stream, first.used + second.used, AT_US)
    assert ([m.payload for m in third.messages], third.other) == ([b"2"], b"")
    assert take(PINGRESP[:1], 0, AT_US) == ([], b"", 0)


@pytest.mark.parametrize("stream", [b"\x30\x01\x00", b"\x30\x02\x00\x05", b"\x30\xff\xff\xff\xff\x01"])
def test_what_is_no_mqtt_is_an_error(stream: bytes) -> None:
    with pytest.raises(BrokenStreamError):
        take(stream, 0, AT_US)


def test_a_topic_that_is_no_text_is_no_error_but_no_topic_of_ours() -> None:
    (message,) = take(b"\x30\x04\x00\x02\xff\xfe", 0, AT_US).messages
    assert message.topic == "\ufffd\ufffd"


@given(st.binary(max_size=60))
def test_any_bytes_are_messages_or_an_error(stream: bytes) -> None:
    try:
        taken = take(stream, 0, AT_US)
    except BrokenStreamError:
        return
    assert 0 <= taken.used <= len(stream)
