from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.events import Observation
from protocols.jsdt.decoder import JsdtDecoder
from protocols.jsdt.encode import encode
from protocols.jsdt.frames import Frame
from protocols.jsdt.profile import Profile, Role
from protocols.jsdt.profiles import PROFILES, get_profile
from protocols.plausibility import separate
from telemetry.treatment import Phase


def decode(profile: Profile, stream: bytes) -> Observation:
    (event,) = JsdtDecoder(profile).receive(stream)
    assert isinstance(event, Observation)
    return event


@pytest.mark.parametrize("name", ["v1", "v1-alarm", "nikkiso-v2"])
def test_published_frames_are_written_byte_for_byte(published: dict[str, bytes], name: str) -> None:
    profile = get_profile(name.removesuffix("-alarm"))
    seen = decode(profile, published[name])
    alarms = {alarm.signal for alarm in seen.alarms}
    assert encode(profile, seen.values, alarms, phase=seen.phase, extras=seen.extras) == published[name]


def shown(profile: Profile) -> st.SearchStrategy[dict[str, float]]:
    """Values as the profile's fields can show them, any subset, in the catalogue's units."""
    fields: dict[str, st.SearchStrategy[float]] = {}
    for entry in profile.fields:
        if entry.role is Role.SIGNAL:
            steps = 10 ** (entry.width - (1 if entry.decimals else 0)) - 1
            scale = 10**entry.decimals
            # On the wire in litres with two decimals: ten millilitres a step.
            fields[entry.name] = st.integers(-(steps // 10), steps).map(
                lambda n, scale=scale, litres=entry.litres: float(n * 10) if litres else n / scale
            )
        elif entry.role is Role.MODALITY:
            fields[entry.name] = st.integers(0, 4).map(float)
    return st.fixed_dictionaries({}, optional=fields)


def letters_of(profile: Profile, role: Role) -> list[str]:
    return [entry.letter for entry in profile.fields if entry.role is role]


@pytest.mark.parametrize("name", sorted(PROFILES))
@given(data=st.data())
def test_decode_of_encode_is_identity(name: str, data: st.DataObject) -> None:
    profile = PROFILES[name]
    values = data.draw(shown(profile))
    alarms = data.draw(st.sets(st.sampled_from(letters_of(profile, Role.ALARM))))
    phase = data.draw(st.sampled_from([Phase.TX, Phase.UNKNOWN]))
    seen = decode(profile, encode(profile, values, alarms, phase=phase))
    plausible, implausible = separate(values, dict.fromkeys(values, ""))
    assert seen.values == plausible
    assert set(seen.invalid) == set(implausible)
    assert len(seen.alarms) == len(alarms)
    assert seen.phase_derived != profile.says_phase
    if profile.says_phase:
        assert seen.phase is phase


@pytest.mark.parametrize("name", sorted(PROFILES))
@given(data=st.data())
def test_extras_come_back_as_they_were_sent(name: str, data: st.DataObject) -> None:
    profile = PROFILES[name]
    fields = [entry for entry in profile.fields if entry.role is Role.EXTRA]
    extras = {entry.name: data.draw(st.text("0123456789.-:AK", min_size=1, max_size=entry.width)) for entry in fields}
    seen = decode(profile, encode(profile, {}, extras=extras))
    assert {key: text for key, text in seen.extras.items() if key != "treating"} == extras


@pytest.mark.parametrize("name", sorted(PROFILES))
@given(
    values=st.dictionaries(st.sampled_from(["blood_flow", "venous_pressure", "modality", "weight_before"]), st.floats())
)
def test_any_numbers_make_a_frame(name: str, values: dict[str, float]) -> None:
    profile = PROFILES[name]
    stream = encode(profile, values, extras={"serial_number": "é\x00" * 9, "nobody_knows": "x"})
    assert len(Frame.from_bytes(stream).data) == profile.length
    decode(profile, stream)


def test_nothing_said_is_nothing_measured() -> None:
    for profile in PROFILES.values():
        seen = decode(profile, encode(profile, {}))
        assert (seen.values, seen.invalid, seen.alarms) == ({}, {}, frozenset())
        assert seen.phase is Phase.UNKNOWN


def test_a_word_that_is_no_alarm_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="BLOOD_LEEK"):
        encode(get_profile("v1"), {}, {"BLOOD_LEEK"})
