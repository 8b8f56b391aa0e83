"""Which settings may come over the link, and what becomes of the box's own file with them. Pure.

What is not listed stays as the technician left it: who the box is, where it keeps its readings, its credentials, and
which authority it believes. A mistake there could not be put right from afar any more.
"""

from __future__ import annotations

import tomllib
from typing import Any, Final

import msgspec

from edge_agent.config import EdgeConfig, check
from telemetry.errors import SettingsError

CHANGEABLE: Final = frozenset(
    {
        "broker",
        "clock",
        "machine.protocol",
        "machine.profile",
        "machine.port",
        "machine.poll_s",
        "machine.listen",
        "machine.quiet_s",
        "outbox.max_bytes",
        "outbox.max_days",
        "uplink.qos",
        "uplink.keepalive_s",
        "uplink.ack_timeout_s",
        "gateway.broker",
        "gateway.topic",
        "status_page.listen",
    }
)


def merged(base: EdgeConfig, settings: bytes, *, files: bool = True) -> EdgeConfig:
    """`base` with `settings` (TOML, UTF-8) laid over it; SettingsError for anything the agent could not run with.

    `files`: whether the files that `base` names must be there; not where this is not the box.
    """
    changes = _parsed(settings)
    for key in _keys(changes):
        if key not in CHANGEABLE:
            raise SettingsError("read remote settings", key, hint="not one that may be changed from afar")
    document = msgspec.to_builtins(base)
    for name, value in changes.items():
        if isinstance(value, dict):
            document[name] = {**(document.get(name) or {}), **value}
        else:
            document[name] = value
    try:
        config = msgspec.convert(document, EdgeConfig)
    except msgspec.ValidationError as error:
        raise SettingsError("read remote settings", "a value", hint=str(error)) from error
    check(config, files=files)
    return config


def _parsed(settings: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(settings.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise SettingsError("read remote settings", "their text", hint="not UTF-8") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError("read remote settings", "their text", hint=str(error)[:200]) from error


def _keys(changes: dict[str, Any]) -> list[str]:
    keys = []
    for name, value in changes.items():
        keys += [f"{name}.{key}" for key in value] if isinstance(value, dict) else [name]
    return keys
