"""When a certificate begins and ends, read from its bytes. Pure, and without the package that could do it for us:
that one takes more memory than the agent may.

RFC 5280: Certificate ::= { tbsCertificate { [0] version, serialNumber, signature, issuer, validity { notBefore,
notAfter }, … } … }, times as UTCTime (YYMMDDHHMMSSZ) until 2049 and GeneralizedTime from 2050.
"""

from __future__ import annotations

import re
from base64 import b64decode
from datetime import UTC, datetime
from typing import Final, NamedTuple

_SEQUENCE, _VERSION, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18
_PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
_MAX_BYTES: Final = 64 * 1024


class Validity(NamedTuple):
    """Both in microseconds since 1970."""

    from_us: int
    until_us: int


def of_pem(data: bytes) -> Validity | None:
    """The validity of the first certificate in a PEM file; None when there is none that can be read."""
    found = _PEM.search(data[:_MAX_BYTES])
    if found is None:
        return None
    try:
        return of_der(b64decode(found[1]))
    except ValueError:
        return None


def of_der(data: bytes) -> Validity:
    """The validity of a certificate; ValueError for other bytes."""
    body = _inside(_inside(data))
    if body and body[0] == _VERSION:
        body = _after(body)
    for _ in ("serial number", "signature", "issuer"):
        body = _after(body)
    first = _inside(body)
    second = _after(first)
    return Validity(_time(first), _time(second))


def _element(data: bytes) -> tuple[int, int, int]:
    """Tag, and where the content begins and ends."""
    if len(data) < 2:
        raise ValueError("too short")
    length, start = data[1], 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 3 or len(data) < 2 + count:
            raise ValueError("a length that cannot be")
        length, start = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
    if start + length > len(data):
        raise ValueError("cut off")
    return data[0], start, start + length


def _inside(data: bytes) -> bytes:
    tag, start, end = _element(data)
    if tag != _SEQUENCE:
        raise ValueError("not a sequence")
    return data[start:end]


def _after(data: bytes) -> bytes:
    return data[_element(data)[2] :]


def _time(data: bytes) -> int:
    tag, start, end = _element(data)
    text = data[start:end].decode("ascii")
    if tag == _UTC_TIME:
        # RFC 5280: 50…99 are of the last century.
        text = ("19" if text[:2] >= "50" else "20") + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError("not a time")
    moment = datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    return round(moment.timestamp()) * 1_000_000
