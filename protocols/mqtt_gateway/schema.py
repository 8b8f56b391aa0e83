"""The contract as JSON Schema, made from the catalogue: docs/machines/mqtt_gateway.schema.json.

Stricter than the decoder where that helps whoever writes a gateway: a wrong unit makes a value invalid on the box, and
the message wrong here. Whatever passes the schema, the decoder takes as it stands. Written anew with
`python -m protocols.mqtt_gateway.schema > docs/machines/mqtt_gateway.schema.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any, Final

from protocols.mqtt_gateway import messages
from protocols.mqtt_gateway.terms import BODY_MASS, CUFF, READINGS, SCALE, keys_of, units_of
from telemetry.signals import BY_NAME, CATALOGUE, Kind, Signal
from telemetry.treatment import Modality, Phase

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_NUMBER: Final = {"type": "number", "minimum": -1e9, "maximum": 1e9}


def schema() -> dict[str, Any]:
    """The whole schema."""
    weights = dict.fromkeys(BODY_MASS, _ref("weight_before"))
    quantities = {signal.name: _quantity(signal) for signal in CATALOGUE if signal.name in READINGS}
    return {
        "$schema": _DIALECT,
        "title": "homehd gateway contract, version 1",
        "description": "One MQTT payload. See mqtt_gateway.md.",
        "oneOf": [{"$ref": f"#/$defs/{kind}"} for kind in ("readings", "alive", "cuff", "scale")],
        "$defs": quantities
        | {
            "any_term": _object({"value": _any_value(), "unit": _text(messages.UNIT)}, optional=("unit",)),
            "alarm": _object({"event": _text(messages.EVENT), "about": _text(messages.KEY)}, optional=("about",)),
            "readings": _message("readings", _readings()),
            "alive": _message("alive", {"machine": {"enum": ["connected", "silent", "none"]}}),
            "cuff": _message("cuff", {"values": _few(_keys(CUFF))}),
            "scale": _message("scale", {"values": _few(_keys(SCALE) | weights)}),
        },
    }


def _readings() -> dict[str, Any]:
    alarms = {"type": "array", "items": _ref("alarm"), "maxItems": messages.MAX_ALARMS}
    return {
        "phase": {"enum": [phase.name for phase in Phase]},
        "alarms": {"oneOf": [alarms, {"type": "null"}]},
        "values": {
            "type": "object",
            "properties": _keys(READINGS),
            "patternProperties": {messages.KEY: _ref("any_term")},
            "additionalProperties": False,
            "maxProperties": messages.MAX_VALUES,
        },
    }


def _message(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    head: dict[str, Any] = {
        "contract": {"const": 1},
        "kind": {"const": kind},
        "source": _text(messages.WORD),
        "session": _text(messages.WORD),
        "seq": {"type": "integer", "minimum": 0, "maximum": messages.MAX_SEQ},
        "time": _text(messages.TIME),
    }
    return _object(head | body, optional=("time",))


def _object(properties: dict[str, Any], optional: Iterable[str] = ()) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _few(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False, "minProperties": 1}


def _keys(names: AbstractSet[str]) -> dict[str, Any]:
    return {key: _ref(signal.name) for signal in CATALOGUE if signal.name in names for key in keys_of(signal)}


def _quantity(signal: Signal) -> dict[str, Any]:
    if signal.kind is Kind.BOOLEAN:
        return _object({"value": {"type": "boolean"}})
    if signal.kind is Kind.ENUMERATION:
        return _object({"value": {"enum": [modality.name for modality in Modality]}})
    optional = ("unit",) if signal.ucum == "1" else ()
    return _object({"value": _NUMBER, "unit": {"enum": list(units_of(BY_NAME[signal.name]))}}, optional)


def _any_value() -> dict[str, Any]:
    return {"anyOf": [_NUMBER, {"type": "boolean"}, _text(messages.TEXT)]}


def _text(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": pattern}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


if __name__ == "__main__":
    print(json.dumps(schema(), indent=1))
