"""Dialysis Machine HL7 Implementation Guide rev 4.0: readings (PCD-01) and alarms (PCD-04), see
docs/machines/hl7_dialysis.md."""

from __future__ import annotations

from typing import Final

from protocols.adapter import Adapter
from protocols.events import Decoder
from telemetry.errors import SettingsError

PROFILES: Final = ("rev4",)


def _decoder(profile: str) -> Decoder:
    if profile not in PROFILES:
        raise SettingsError("choose profile", repr(profile), hint=f"known: {', '.join(PROFILES)}")
    # Loaded when a configuration asks for it: the parser behind it is of no use to a box with a serial machine.
    from protocols.hl7_dialysis.decoder import Hl7Decoder

    return Hl7Decoder()


ADAPTER: Final = Adapter(
    name="hl7_dialysis",
    grade="message layout and codes documented in the guide (D); never tested against a machine",
    profiles=PROFILES,
    decoder=_decoder,
    poll=None,
    serial=None,
    transport="mllp",
)
