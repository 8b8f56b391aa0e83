"""The gateway contract: JSON that a home automation box or a vendor's gateway publishes on the home's own broker.

Our own contract, not a machine's protocol: see docs/machines/mqtt_gateway.md.
"""

from __future__ import annotations

from typing import Final

from protocols.adapter import Adapter
from protocols.mqtt_gateway.decoder import GatewayDecoder
from telemetry.errors import SettingsError

PROFILES: Final = ("gateway-1",)


def _decoder(profile: str) -> GatewayDecoder:
    if profile not in PROFILES:
        raise SettingsError("choose profile", repr(profile), hint=f"known: {', '.join(PROFILES)}")
    return GatewayDecoder()


ADAPTER: Final = Adapter(
    name="mqtt_gateway",
    grade="our own contract, no machine's protocol; what stands behind a gateway is that gateway's to show",
    profiles=PROFILES,
    decoder=_decoder,
    poll=None,
    serial=None,
    transport="mqtt",
)
