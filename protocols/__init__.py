"""Machine bytes to readings: no I/O, no clock. `ADAPTERS` is the explicit list; nothing is discovered."""

from __future__ import annotations

from typing import Final

from protocols import gambro_ak, hl7_dialysis, jsdt, mqtt_gateway
from protocols.adapter import Adapter
from telemetry.errors import SettingsError

ADAPTERS: Final[dict[str, Adapter]] = {
    adapter.name: adapter for adapter in (jsdt.ADAPTER, hl7_dialysis.ADAPTER, mqtt_gateway.ADAPTER, gambro_ak.ADAPTER)
}


def get_adapter(name: str) -> Adapter:
    """The adapter a configuration names; SettingsError listing the known ones."""
    try:
        return ADAPTERS[name]
    except KeyError:
        raise SettingsError("choose protocol", repr(name), hint=f"known: {', '.join(ADAPTERS)}") from None
