"""The schema on paper, the decoder and the documentation's examples agree."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.mqtt_gateway.decoder import observe
from protocols.mqtt_gateway.messages import Alive, ContractError, parse
from protocols.mqtt_gateway.schema import schema
from protocols.mqtt_gateway.terms import BODY_MASS, SIGNAL_OF

DOCS = Path(__file__).resolve().parents[3] / "docs/machines"
SCHEMA = schema()
CHECK = jsonschema.Draft202012Validator(SCHEMA)
EXAMPLES = re.findall(r"```json\n(.*?)```", (DOCS / "mqtt_gateway.md").read_text("utf-8"), re.S)
REFUSED = re.findall(r"```json refused: (.*?)\n(.*?)```", (DOCS / "mqtt_gateway.md").read_text("utf-8"), re.S)


def test_the_file_is_fresh() -> None:
    assert json.loads((DOCS / "mqtt_gateway.schema.json").read_text("utf-8")) == SCHEMA, "write it anew: see schema.py"
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_there_is_an_example_of_every_kind() -> None:
    assert {json.loads(example)["kind"] for example in EXAMPLES} == {"readings", "alive", "cuff", "scale"}
    assert len(REFUSED) >= 3


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_passes_the_schema_and_is_taken_whole(example: str) -> None:
    CHECK.validate(json.loads(example))
    message = parse(example.encode())
    if not isinstance(message, Alive):
        seen = observe(message)
        assert seen.values and not seen.invalid
        assert set(seen.extras) <= {"readings_time", "cuff_time", "scale_time"}


@pytest.mark.parametrize(("why", "example"), REFUSED)
def test_an_example_of_what_is_refused_is_refused_for_that_reason(why: str, example: str) -> None:
    assert not CHECK.is_valid(json.loads(example))
    with pytest.raises(ContractError, match=re.escape(why)):
        parse(example.encode())


def strategy(node: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a schema node, for the words of JSON Schema that the contract uses."""
    if "$ref" in node:
        return strategy(SCHEMA["$defs"][node["$ref"].rpartition("/")[2]])
    for several in ("oneOf", "anyOf"):
        if several in node:
            return st.one_of([strategy(one) for one in node[several]])
    if "const" in node:
        return st.just(node["const"])
    if "enum" in node:
        return st.sampled_from(node["enum"])
    return _TYPES[node["type"]](node)


def _object(node: dict[str, Any]) -> st.SearchStrategy[Any]:
    known = node.get("properties", {})
    required = set(node.get("required", ()))
    always = {name: strategy(one) for name, one in known.items() if name in required}
    optional = {name: strategy(one) for name, one in known.items() if name not in required}
    at_least = node.get("minProperties", 0)
    chosen = st.fixed_dictionaries(always, optional=optional).filter(lambda made: len(made) >= at_least)
    for pattern, one in node.get("patternProperties", {}).items():
        unknown = st.from_regex(pattern.strip("^$"), fullmatch=True).filter(lambda key: key not in known)
        more = st.dictionaries(unknown, strategy(one), max_size=2)
        chosen = st.builds(lambda a, b: b | a, chosen, more)
    return chosen.filter(lambda made: len(made) <= node.get("maxProperties", len(made)))


_TYPES: dict[str, Any] = {
    "object": _object,
    "array": lambda node: st.lists(strategy(node["items"]), max_size=3),
    "string": lambda node: st.from_regex(node["pattern"].removeprefix("^").removesuffix("$"), fullmatch=True),
    "integer": lambda node: st.integers(node["minimum"], node["maximum"]),
    "number": lambda node: st.floats(node["minimum"], node["maximum"]) | st.integers(-1000, 1000),
    "boolean": lambda node: st.booleans(),
    "null": lambda node: st.none(),
}


@pytest.mark.parametrize("kind", ["readings", "alive", "cuff", "scale"])
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_what_the_schema_accepts_the_decoder_takes(kind: str, data: st.DataObject) -> None:
    made = data.draw(strategy(SCHEMA["$defs"][kind]))
    CHECK.validate(made)
    message = parse(json.dumps(made).encode())
    if isinstance(message, Alive):
        return
    seen = observe(message)
    signals = [
        SIGNAL_OF[key].name if key in SIGNAL_OF else key
        for key in made["values"]
        if key in SIGNAL_OF or key in BODY_MASS
    ]
    for name, why in seen.invalid.items():
        assert "outside" in why or signals.count(name) > 1 or name == "weight", f"{name}: {why}"


def refusal(made: dict[str, Any]) -> str:
    try:
        parse(json.dumps(made).encode())
    except ContractError as refused:
        return str(refused)
    return ""


@pytest.mark.parametrize("example", EXAMPLES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_the_decoder_refuses_the_schema_does_not_accept(example: str, data: st.DataObject) -> None:
    made = json.loads(example)
    place = data.draw(st.sampled_from([*made, "values", "patient"]))
    made[place] = data.draw(
        st.none() | st.text(max_size=5) | st.integers() | st.just({}) | st.just([{"event": "x"}]) | st.just({"1": 1})
    )
    assert refusal(made) == "" or not CHECK.is_valid(made), f"{place}: {refusal(made)}"
