"""MSH: what sort of message this is, whether we take it, and what its sender waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from protocols.hl7_dialysis.er7 import Block

READINGS: Final = "R01"  # PCD-01
ALARMS: Final = "R40"  # PCD-04
LONGEST_ID: Final = 199
# The guide is written for 2.6; in these the fields we use stand where they stand there.
VERSIONS: Final = frozenset({"2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2"})
# Character sets in which a byte below 80 is the ASCII character and nothing else.
_CHARACTER_SETS: Final = ("", "ASCII", "UNICODE UTF-8")

Kind = Literal["AA", "AE", "AR"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message will never be taken: HL7 table 0357 code and text, field of MSH, words for a person."""

    code: int
    name: str
    field: int
    words: str


@dataclass(frozen=True, slots=True)
class Header:
    """What counts of MSH.

    Attributes:
        trigger: R01, R40, or whatever else it says.
        accept_ack, application_ack: MSH-15 and MSH-16: AL, NE, ER, SU or empty.
        refusal: why the message is not taken; None when it is.
    """

    block: Block
    control_id: str
    trigger: str
    accept_ack: str
    application_ack: str
    refusal: Refusal | None

    @property
    def enhanced(self) -> bool:
        """Whether the sender uses the enhanced acknowledgement mode."""
        return bool(self.accept_ack or self.application_ack)


def read_header(block: Block) -> Header:
    """The header of a block. Never fails: what is wrong becomes a refusal."""
    mark = block.delimiters.component
    kind = block.field(9).split(mark)
    control_id = block.field(10)[:LONGEST_ID]
    return Header(
        block=block,
        control_id=control_id,
        trigger=kind[1] if len(kind) > 1 else "",
        accept_ack=block.field(15).strip(),
        application_ack=block.field(16).strip(),
        refusal=_refusal(block, kind, control_id),
    )


def _refusal(block: Block, kind: list[str], control_id: str) -> Refusal | None:
    mark = block.delimiters.component
    if not control_id:
        return Refusal(101, "Required field missing", 10, "no message control id")
    if kind[0] != "ORU":
        return Refusal(200, "Unsupported message type", 9, "ORU^R01 and ORU^R40 are taken")
    if kind[1:2] not in (["R01"], ["R40"]):
        return Refusal(201, "Unsupported event code", 9, "ORU^R01 and ORU^R40 are taken")
    # Training and debugging must never look like a patient.
    if block.field(11).partition(mark)[0] not in ("P", ""):
        return Refusal(202, "Unsupported processing id", 11, "production messages are taken")
    if block.field(12).partition(mark)[0] not in VERSIONS:
        return Refusal(203, "Unsupported version id", 12, "versions 2.5 to 2.8 are taken")
    if not all(_readable(name) for name in block.field(18).split(block.delimiters.repetition)):
        return Refusal(103, "Table value not found", 18, "ASCII, 8859 and UTF-8 are taken")
    return None


def _readable(character_set: str) -> bool:
    return character_set in _CHARACTER_SETS or character_set.startswith("8859/")
