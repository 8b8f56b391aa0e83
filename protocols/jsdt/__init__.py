"""JSDT common protocol "K", versions 1 and 2, read-only: see docs/machines/jsdt.md."""

from __future__ import annotations

from typing import Final

from protocols.adapter import Adapter, SerialLine
from protocols.jsdt.decoder import JsdtDecoder
from protocols.jsdt.frames import POLL
from protocols.jsdt.profiles import PROFILES, get_profile

ADAPTER: Final = Adapter(
    name="jsdt",
    grade="frame observed in public code and captures (O), its use inferred (I); never tested against a machine",
    profiles=tuple(PROFILES),
    decoder=lambda profile: JsdtDecoder(get_profile(profile)),
    cautious=lambda profile: JsdtDecoder(get_profile(profile), cautious=True),
    poll=POLL,
    serial=SerialLine(baud=9600, bits=8, parity="N", stop=1),
)
