"""MQTT 3.1.1's PUBLISH at QoS 0, off the wire and onto it. Pure: bytes in, bytes out.

Nine in ten packets of ingest's session are of this kind, and reading one here takes a tenth of the time that the client
library takes. Every other kind is the library's business: it is found, and left as it is.

    type 3, retain in bit 0 | length of all behind, 1…4 bytes of 7 bits | topic's length, 2 bytes | topic | payload
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from ingest.inbox import Message

# Type 3, QoS 0; DUP means nothing without QoS.
_PUBLISH: Final = 0x30
_QOS_AND_TYPE: Final = 0xF6
_RETAIN: Final = 0x01
_MORE: Final = 0x80
# The protocol knows no longer remaining length than four bytes of it.
_LENGTH_BYTES: Final = 4


class BrokenStreamError(Exception):
    """These bytes are no MQTT: nothing behind them can be understood."""


class Taken(NamedTuple):
    """What a piece of the stream holds.

    Attributes:
        messages: those at QoS 0, in order.
        other: the packet behind them, of another kind and whole; empty when there is none yet.
        used: how many bytes all of that is.
    """

    messages: list[Message]
    other: bytes
    used: int


def take(stream: bytes, at: int, received_us: int) -> Taken:
    """The messages from `at` on, which came at `received_us`.

    It ends before what is not all there, or behind the first packet of another kind. BrokenStreamError for what cannot
    be MQTT.
    """
    found: list[Message] = []
    start, end = at, len(stream)
    while at + 2 <= end:
        length, body = stream[at + 1], at + 2
        if length & _MORE:
            length, body = _long(stream, at + 1)
        after = body + length
        if body == 0 or after > end:
            break
        if stream[at] & _QOS_AND_TYPE != _PUBLISH:
            return Taken(found, stream[at:after], after - start)
        payload = body + 2 + (stream[body] << 8 | stream[body + 1]) if length >= 2 else end + 1
        if payload > after:
            raise BrokenStreamError(f"a message of {length} bytes with a longer topic")
        # A broker lets no broken UTF-8 through (3.1.1, 1.5.3); what did come is no topic of ours.
        topic = stream[body + 2 : payload].decode(errors="replace")
        found.append(Message(topic, stream[payload:after], received_us, stream[at] & _RETAIN != 0))
        at = after
    return Taken(found, b"", at - start)


def packet(topic: str, payload: bytes) -> bytes:
    """A message at QoS 0 as it goes onto the wire."""
    name = topic.encode()
    length = 2 + len(name) + len(payload)
    head = bytearray([_PUBLISH])
    while length >= _MORE:
        head.append(length & 0x7F | _MORE)
        length >>= 7
    head.append(length)
    return b"".join((head, struct.pack(">H", len(name)), name, payload))


def _long(stream: bytes, at: int) -> tuple[int, int]:
    """A remaining length of more than one byte and where the body begins; 0, 0 when it is not all there."""
    length = 0
    for place, byte in enumerate(stream[at : at + _LENGTH_BYTES]):
        length |= (byte & 0x7F) << 7 * place
        if not byte & _MORE:
            return length, at + place + 1
    if len(stream) - at >= _LENGTH_BYTES:
        raise BrokenStreamError("a length of more than four bytes")
    return 0, 0
