"""A message made smaller for a thin line: marker, size of the plain message, DEFLATE. Inflating is bounded.

    0xC1 | size: uint32, little-endian | raw DEFLATE stream

No msgpack begins with 0xC1, so plain and compressed messages need nothing else to be told apart. Whoever inflates
names a limit, and no more memory than that is ever filled, whatever the stream holds or its size claims. There is no
checksum of its own: MQTT runs over TCP, and a batch is checked after it is inflated, as a plain one is.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

from telemetry.errors import WireError

_MARKER: Final = 0xC1
_MARK: Final = bytes([_MARKER])
_HEAD: Final = struct.Struct("<BI")
_RAW: Final = -zlib.MAX_WBITS
# bench/lanes.py: level 1 is a tenth longer, level 9 no shorter. A window of 4 kB holds the columns a row repeats, and
# small blocks suit columns that differ: 32 kB of memory instead of 256, and the messages are shorter still.
_LEVEL: Final = 6
_WINDOW: Final = -12
_BLOCK: Final = 5


class TooLargeError(WireError):
    """The message would be larger than the reader's limit once it is inflated."""


def deflate(plain: bytes) -> bytes:
    """`plain` compressed, or `plain` itself when that is no longer. It must not be compressed already."""
    stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW, _BLOCK)
    data = _HEAD.pack(_MARKER, len(plain)) + stream.compress(plain) + stream.flush()
    return data if len(data) < len(plain) else plain


def inflate(data: bytes, limit: int) -> bytes:
    """The plain message, `data` itself when it is plain; at most `limit` bytes.

    TooLargeError for what says it is larger, WireError for a stream that is broken or not as long as it says.
    """
    if data[:1] != _MARK:
        return data
    size = plain_size(data)
    if size > limit:
        raise TooLargeError("inflate message", f"{size} bytes", hint=f"limit is {limit}")
    stream = zlib.decompressobj(_RAW)
    try:
        plain = stream.decompress(data[_HEAD.size :], size + 1)
    except zlib.error as error:
        raise _broken(data, str(error)) from error
    if len(plain) != size or not stream.eof or stream.unused_data:
        raise _broken(data, f"it does not end after the {size} bytes it names")
    return plain


def plain_size(data: bytes) -> int:
    """How long a message is once inflated, as it says itself; what work it may make can be judged by that."""
    if data[:1] != _MARK or len(data) < _HEAD.size:
        return len(data)
    return int(_HEAD.unpack_from(data)[1])


def _broken(data: bytes, hint: str) -> WireError:
    return WireError("inflate message", f"{len(data)} bytes", hint=hint)
