"""Our messages before parsers that are not ours, each as strict as it can be.

`hl7apy` knows HL7 v2.6's structures, cardinalities, tables' lengths and data types. It does not know ORU_R40, which IHE
ACM took from a later version: its segments and groups are those of ORU_R01, as which it is judged. `hl7` (python-hl7)
knows delimiters and escapes.
"""

from __future__ import annotations

from typing import Any

import hl7
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.core import Message
from hl7apy.parser import parse_message


def judged(text: str) -> Message:
    """As hl7apy reads it, strictly; it raises what it has against it, and what it would write otherwise is told."""
    parsed = parse_message(
        text.replace("ORU^R40^ORU_R40", "ORU^R01^ORU_R01"), validation_level=VALIDATION_LEVEL.STRICT
    )  # fmt: skip
    assert parsed.version == "2.6"
    assert parsed.validate()
    assert [child.name for child in parsed.children] == ["MSH", "ORU_R01_PATIENT_RESULT"]  # all of it has its place
    # Its spelling is ours: nothing was left out or understood as something else.
    assert parsed.to_er7().rstrip("\r") == text.replace("ORU^R40^ORU_R40", "ORU^R01^ORU_R01").rstrip("\r")
    return parsed


def read(text: str) -> Any:
    """As python-hl7 reads it."""
    return hl7.parse(text)


def observations(text: str) -> list[list[str]]:
    """Fields of every OBX, unescaped, as python-hl7 reads them; OBX-3 is at 3."""
    parsed = read(text)
    return [[parsed.unescape(str(field)) for field in segment] for segment in parsed.segments("OBX")]
