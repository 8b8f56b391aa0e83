"""A message is taken whole, or refused with the place and the rule and without what was in it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.mqtt_gateway.messages import MAX_MESSAGE, MAX_SEQ, Alive, ContractError, Cuff, PhaseWord, Readings, parse
from telemetry.treatment import Phase

FLOW = {"value": 300, "unit": "mL/min"}
GOOD: dict[str, Any] = {
    "contract": 1, "kind": "readings", "source": "bedside", "session": "a1", "seq": 7, "time": "2025-03-01T07:12:09Z",
    "phase": "TX", "alarms": [{"event": "MDC_EVT_HI", "about": "158776"}], "values": {"158740": FLOW},
}  # fmt: skip


def said(**changes: Any) -> bytes:
    return json.dumps({name: value for name, value in (GOOD | changes).items() if value != "left out"}).encode()


def test_a_message_is_a_checked_value() -> None:
    message = parse(said())
    assert isinstance(message, Readings)
    assert (message.source, message.session, message.seq, message.phase) == ("bedside", "a1", 7, PhaseWord.TX)
    assert message.alarms is not None and message.alarms[0].about == "158776"
    assert message.values["158740"].value == 300.0
    head = {"contract": 1, "source": "s", "session": "1", "seq": 0}
    assert isinstance(parse(json.dumps(head | {"kind": "alive", "machine": "none"}).encode()), Alive)
    pressure = {"150021": {"value": 120, "unit": "mm[Hg]"}}
    assert isinstance(parse(json.dumps(head | {"kind": "cuff", "values": pressure}).encode()), Cuff)


def test_the_words_for_phases_are_the_phases() -> None:
    assert [word.value for word in PhaseWord] == [phase.name for phase in Phase]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"contract": 2}, r"\$\.contract"),
        ({"kind": "left out"}, "`kind`"),
        ({"kind": "gossip"}, r"\$\.kind"),
        ({"seq": "left out"}, "`seq`"),
        ({"seq": -1}, r"\$\.seq"),
        ({"seq": MAX_SEQ + 1}, r"\$\.seq"),
        ({"seq": 1.5}, r"\$\.seq"),
        ({"source": ""}, r"\$\.source"),
        ({"source": "x" * 41}, r"\$\.source"),
        ({"source": "a b"}, r"\$\.source"),
        ({"source": "a\n"}, "line end"),
        ({"session": 5}, r"\$\.session"),
        ({"time": "yesterday"}, r"\$\.time"),
        ({"phase": "left out"}, "`phase`"),
        ({"phase": "PRIMING"}, r"\$\.phase"),
        ({"alarms": "left out"}, "`alarms`"),
        ({"alarms": [{}]}, r"\$\.alarms\[0\]"),
        ({"alarms": [{"event": "fire"}]}, r"\$\.alarms\[0\]\.event"),
        ({"alarms": [{"event": "196616"}] * 33}, r"\$\.alarms"),
        ({"values": "left out"}, "`values`"),
        ({"values": {"blood_flow": FLOW}}, r"\$\.values"),
        ({"values": {"158740": 300}}, r"\$\.values\[\.\.\.\]"),
        ({"values": {"158740": {"unit": "mL/min"}}}, "`value`"),
        ({"values": {"158740": {"value": [1], "unit": "mL/min"}}}, r"\$\.values\[\.\.\.\]\.value"),
        ({"values": {"158740": {"value": 1, "unit": "mL per minute"}}}, r"\$\.values\[\.\.\.\]\.unit"),
        ({"values": {str(n): FLOW for n in range(65)}}, r"\$\.values"),
        ({"kind": "cuff", "phase": "left out", "alarms": "left out", "values": {}}, r"\$\.values"),
        ({"kind": "cuff", "alarms": "left out"}, "phase"),
        ({"firmware": "1.2"}, "firmware"),
    ],
    ids=str,
)
def test_what_is_wrong_is_refused_with_its_place(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(ContractError, match=place):
        parse(said(**changes))


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"[]", b"null", b"\xff", b'{"contract": NaN}', b"[" * 16_000, b'"\\ud800"', b"x" * (MAX_MESSAGE + 1)],
    ids=lambda payload: repr(payload[:12]),
)
def test_what_is_no_message_is_refused(payload: bytes) -> None:
    with pytest.raises(ContractError):
        parse(payload)


@pytest.mark.parametrize(
    "changes",
    [
        {"patient": {"name": "Mustermann"}},
        {"Mustermann, Erika": 1},
        {"kind": "Mustermann"},
        {"phase": "Mustermann"},
        {"source": "Mustermann, Erika"},
        {"session": "Mustermann, Erika"},
        {"time": "Mustermann"},
        {"values": {"Mustermann": FLOW}},
        {"values": {"158740": FLOW | {"name": "Mustermann"}}},
        {"values": {"158740": {"value": "Erika Mustermann"}}},
        {"values": {"158740": {"value": 1, "unit": "Mustermann, Erika"}}},
        {"alarms": [{"event": "Mustermann"}]},
        {"alarms": "Mustermann"},
    ],
    ids=str,
)
def test_a_name_that_a_gateway_sends_gets_no_further(changes: dict[str, Any]) -> None:
    with pytest.raises(ContractError) as refused:
        parse(said(**changes))
    assert "Mustermann" not in str(refused.value) and "Erika" not in str(refused.value)
    assert "\n" not in str(refused.value)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_give_a_message_or_the_one_error(payload: bytes) -> None:
    with pytest.raises(ContractError):
        parse(payload)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)


@given(key=st.sampled_from([*GOOD]), value=_JSON)
def test_any_value_in_any_place_gives_a_message_or_the_one_error(key: str, value: object) -> None:
    with suppress(ContractError):
        message = parse(json.dumps(GOOD | {key: value}).encode())
        assert not isinstance(message, Readings) or len(message.values) <= 64
