"""One message of the gateway contract as a checked value: docs/machines/mqtt_gateway.md, mqtt_gateway.schema.json.

A message is taken whole or refused with the place and the rule. The text of a refusal never holds what was in the
message beyond the name of a key: a gateway that sends a name or a birthday does not get it into a log.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

# A full picture of every signal and thirty alarms is 5 kB.
MAX_MESSAGE: Final = 16 * 1024
MAX_VALUES: Final = 64
MAX_ALARMS: Final = 32

WORD: Final = r"^[A-Za-z0-9_-]{1,40}$"
KEY: Final = r"^(MDC_[A-Z0-9_]{1,60}|[0-9]{1,10}|dialysate_pressure)$"
EVENT: Final = r"^(MDC_[A-Z0-9_]{1,60}|[0-9]{1,10})$"
UNIT: Final = r"^[A-Za-z0-9/%.*^()\[\]{}-]{0,20}$"
TEXT: Final = r"^[A-Za-z]{1,10}$"
TIME: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$"
MAX_SEQ: Final = 2**53 - 1  # what every JSON writer can count to

Word = Annotated[str, Meta(pattern=WORD)]
Key = Annotated[str, Meta(pattern=KEY)]
Text = Annotated[str, Meta(pattern=TEXT)]


class PhaseWord(StrEnum):
    """`telemetry.treatment.Phase`, by name."""

    UNKNOWN = "UNKNOWN"
    IDL = "IDL"
    PRETX = "PRETX"
    TX = "TX"
    POSTTX = "POSTTX"
    DIS = "DIS"
    SVC = "SVC"


class ContractError(ValueError):
    """A message that is none; the text says where and why, for the person who writes the gateway."""


class Quantity(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A number with its UCUM unit, true or false, or a word of an enumeration."""

    value: float | bool | Text
    unit: Annotated[str, Meta(pattern=UNIT)] = ""


class StandingAlarm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An alarm that stands: the event, and the key of the signal it is about."""

    event: Annotated[str, Meta(pattern=EVENT)]
    about: Key | None = None


class _Message(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", kw_only=True
):
    contract: Literal[1]
    source: Word
    session: Word
    seq: Annotated[int, Meta(ge=0, le=MAX_SEQ)]
    time: Annotated[str, Meta(pattern=TIME)] | None = None


class Readings(_Message, frozen=True, tag="readings"):
    """All the machine shows at one moment; `alarms` is None where the gateway cannot tell them."""

    phase: PhaseWord
    alarms: Annotated[list[StandingAlarm], Meta(max_length=MAX_ALARMS)] | None
    values: Annotated[dict[Key, Quantity], Meta(max_length=MAX_VALUES)]


class Alive(_Message, frozen=True, tag="alive"):
    """The gateway lives; how it gets on with its machine."""

    machine: Literal["connected", "silent", "none"]


class Cuff(_Message, frozen=True, tag="cuff"):
    """One blood pressure measurement."""

    values: Annotated[dict[Key, Quantity], Meta(min_length=1, max_length=MAX_VALUES)]


class Scale(_Message, frozen=True, tag="scale"):
    """One weighing."""

    values: Annotated[dict[Key, Quantity], Meta(min_length=1, max_length=MAX_VALUES)]


Message = Readings | Alive | Cuff | Scale
_decoder: Final[msgspec.json.Decoder[Message]] = msgspec.json.Decoder(Message)
# What msgspec quotes of the message; the names it quotes in backticks are types, keys and paths.
_QUOTED_VALUE: Final = re.compile(r"^(Invalid (?:enum )?value) .*?( - at `\$[^`]*`)?$", re.S)
_UNKNOWN_FIELD: Final = re.compile(r"unknown field `(.*)`", re.S)
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_]{1,32}")


def parse(payload: bytes) -> Message:
    """The message in one MQTT payload; ContractError for anything else."""
    if len(payload) > MAX_MESSAGE:
        raise ContractError(f"more than {MAX_MESSAGE} bytes")
    try:
        message = _decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ContractError(_without_content(str(error))) from None
    # `$` of a pattern also stands before a last line end.
    words = (message.source, message.session, message.time or "", *_keys(message))
    if any(word.endswith("\n") for word in words):
        raise ContractError("a line end in a name")
    return message


def _keys(message: Message) -> tuple[str, ...]:
    if isinstance(message, Alive):
        return ()
    values = (text for key, q in message.values.items() for text in (key, q.unit, str(q.value)))
    alarms = message.alarms or () if isinstance(message, Readings) else ()
    return (*values, *(text for alarm in alarms for text in (alarm.event, alarm.about or "")))


def _without_content(text: str) -> str:
    quoted = _QUOTED_VALUE.match(text)
    if quoted:
        return f"{quoted[1]}{quoted[2] or ''}"
    unknown = _UNKNOWN_FIELD.search(text)
    if unknown and not _PLAIN_NAME.fullmatch(unknown[1]):
        return "Object contains an unknown field"
    return text
