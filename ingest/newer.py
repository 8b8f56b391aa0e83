"""Whether a batch that cannot be read was written with words that this ingest does not know yet. Pure.

Agents may be updated before ingest is. What they then say is no nonsense: their rows must wait with them, not be set
aside. Dropping only the words that are unknown would acknowledge rows that lost values.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from telemetry import signals
from telemetry.messages import SCHEMA_VERSION, EventKind

# The mask of invalid signals has 64 bits: no vocabulary has a signal beyond.
_SIGNALS: Final = range(signals.COUNT, 64)
_MAX_WORD: Final = 40
# Places in the arrays of the wire, which never change (telemetry/messages.py).
_VERSION, _COLUMNS, _EVENTS, _KIND = 0, 14, 15, 4


def is_newer(payload: bytes) -> bool:
    """Whether `payload`, which failed its checks, has a later schema, or signals or kinds of events we do not know."""
    try:
        fields = msgspec.msgpack.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError, TypeError):
        return False
    if not isinstance(fields, list) or not fields or type(fields[_VERSION]) is not int:
        return False
    if fields[_VERSION] != SCHEMA_VERSION:
        return bool(fields[_VERSION] > SCHEMA_VERSION)
    return _has_new_signal(_at(fields, _COLUMNS)) or any(_is_new_kind(event) for event in _list(_at(fields, _EVENTS)))


def _has_new_signal(columns: Any) -> bool:
    return isinstance(columns, dict) and any(type(number) is int and number in _SIGNALS for number in columns)


def _is_new_kind(event: Any) -> bool:
    kind = _at(_list(event), _KIND)
    return isinstance(kind, str) and len(kind) <= _MAX_WORD and kind.isprintable() and kind not in set(EventKind)


def _at(fields: list[Any], place: int) -> Any:
    return fields[place] if len(fields) > place else None


def _list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []
