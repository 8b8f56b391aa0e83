"""`homehd decode`: recorded machine bytes to readings, one JSON object per accepted frame."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, BinaryIO, Final, TextIO

from protocols import get_adapter
from protocols.events import Alarm, Observation, Rejected
from telemetry.errors import HomehdError

_CHUNK: Final = 4096


def run(protocol: str, profile: str, stream: BinaryIO, out: TextIO, err: TextIO) -> int:
    """Decode `stream` to its end: observations to `out`, rejected bytes to `err`, a line each, in stream order.

    Returns 0, or 1 when anything was rejected. SettingsError for an unknown protocol or profile, listing the known;
    HomehdError when the stream cannot be read.
    """
    decoder = get_adapter(protocol).decoder(profile)
    rejected = 0
    while chunk := _read(stream):
        rejected += _write(decoder.receive(chunk), out, err)
    rejected += _write(decoder.idle(), out, err)
    return 1 if rejected else 0


def _read(stream: BinaryIO) -> bytes:
    # read1 gives what is there, so that a frame of a live line is shown when it comes and not 4096 bytes later.
    read = getattr(stream, "read1", stream.read)
    try:
        return bytes(read(_CHUNK))
    except OSError as error:
        name = str(getattr(stream, "name", "input"))
        raise HomehdError("read machine bytes", name, hint=error.strerror or str(error)) from error


def _write(events: Sequence[Observation | Rejected], out: TextIO, err: TextIO) -> int:
    rejected = 0
    for event in events:
        if isinstance(event, Rejected):
            rejected += 1
            print(f"offset {event.offset}: {event.length} bytes rejected: {event.reason}", file=err)
        else:
            print(json.dumps(_as_json(event)), file=out, flush=True)
    return rejected


def _as_json(seen: Observation) -> dict[str, Any]:
    return {
        "offset": seen.offset,
        "phase": None if seen.phase is None else seen.phase.name,
        "phase_derived": seen.phase_derived,
        "readings": seen.values,
        "invalid": seen.invalid,
        "alarms": [_alarm_as_json(a) for a in sorted(seen.alarms, key=lambda a: (a.code, a.signal, a.text))],
        "extras": seen.extras,
    }


def _alarm_as_json(alarm: Alarm) -> dict[str, Any]:
    return {"event": alarm.name, "code": alarm.code, "signal": alarm.signal, "text": alarm.text}
