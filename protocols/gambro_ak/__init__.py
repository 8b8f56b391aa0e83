"""Gambro/Baxter AK 96 and AK 98: framing only, experimental, listen-only. See docs/machines/gambro_ak.md."""

from __future__ import annotations

from typing import Final

from protocols.adapter import Adapter, SerialLine
from protocols.gambro_ak.decoder import GambroDecoder
from telemetry.errors import SettingsError

PROFILES: Final = ("ak-framing",)


def _decoder(profile: str) -> GambroDecoder:
    if profile not in PROFILES:
        raise SettingsError("choose profile", repr(profile), hint=f"known: {', '.join(PROFILES)}")
    return GambroDecoder()


# Each of its frames wants an acknowledgement, and a reset request sets it going: a machine that is only listened to
# says little or nothing. We do not write to machines (H13), so there is no poll and no answer.
ADAPTER: Final = Adapter(
    name="gambro_ak",
    grade="framing observed in public code (O); no value is known; never tested against a machine",
    profiles=PROFILES,
    decoder=_decoder,
    poll=None,
    serial=SerialLine(baud=9600, bits=8, parity="N", stop=1),
    experimental=True,
)
