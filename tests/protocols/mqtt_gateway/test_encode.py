"""What the simulator publishes says what it was given."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.events import WEIGHT, Alarm, Delivery
from protocols.mqtt_gateway import encode
from protocols.mqtt_gateway.decoder import delivery, observe
from protocols.mqtt_gateway.messages import Alive, Message, parse
from protocols.mqtt_gateway.terms import READINGS
from telemetry.alarms import EVENTS
from telemetry.signals import CATALOGUE, Kind, Signal
from telemetry.treatment import Phase

WHICH = Delivery("bedside", "s1", 42)


def plausible(signal: Signal) -> st.SearchStrategy[float]:
    if signal.kind is not Kind.NUMERIC:
        return st.sampled_from([0.0, 1.0])
    low, high = signal.plausible or (0.0, 100.0)
    return st.floats(low, high).map(lambda value: round(value, 3))


_PICTURE = st.fixed_dictionaries({}, optional={s.name: plausible(s) for s in CATALOGUE if s.name in READINGS})
_ALARMS = st.frozensets(
    st.builds(
        lambda event, about: Alarm(event.name, event.code, about),
        st.sampled_from(EVENTS),
        st.sampled_from(["", "systolic"]),
    ),
    max_size=4,
)


@given(values=_PICTURE, phase=st.sampled_from(Phase), alarms=_ALARMS)
def test_decode_of_encode_is_identity(values: dict[str, float], phase: Phase, alarms: frozenset[Alarm]) -> None:
    payload = encode.encode(encode.readings(WHICH, values, phase, alarms, "2025-03-01T07:12:09.5+01:00"))
    message = parse(payload)
    assert not isinstance(message, Alive)
    seen = observe(message)
    assert seen.values == pytest.approx(values)
    assert (seen.phase, seen.alarms, seen.invalid) == (phase, alarms, {})
    assert seen.extras == {"readings_time": "2025-03-01T07:12:09.5+01:00"}
    assert not seen.beside


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (encode.cuff(WHICH, {"systolic": 120.0, "diastolic": 70.0, "pulse_rate": 66.0}), "cuff"),
        (encode.scale(WHICH, {"weight_before": 71.2}), "scale"),
        (encode.scale(WHICH, {WEIGHT: 71.2}), "scale"),
        (encode.alive(WHICH, "silent"), "alive"),
    ],
)
def test_the_other_kinds(message: Message, kind: str) -> None:
    again = parse(encode.encode(message))
    assert again == message and again.__struct_config__.tag == kind
    assert delivery(again) == replace(WHICH, source=f"bedside/{kind}")
