from __future__ import annotations

import pytest

from protocols.events import Alarm
from protocols.jsdt.alarms import letters
from protocols.jsdt.alarms import standing as standing_by_letter
from protocols.jsdt.profile import Profile
from protocols.jsdt.profiles import get_profile

V1, TR8000, TR321 = (get_profile(name) for name in ("v1", "toray-tr8000", "toray-tr321"))


def tokens(profile: Profile, **changed: str) -> dict[str, str]:
    return {entry.letter: "0" * entry.width for entry in profile.fields} | changed


def standing(profile: Profile, sent: dict[str, str], values: dict[str, float]) -> frozenset[Alarm]:
    return frozenset(standing_by_letter(profile, sent, values, {}).values())


@pytest.mark.parametrize("character", ["1", "2", "9", "A", "/", " "])
def test_anything_but_zero_is_active(character: str) -> None:
    assert standing(V1, tokens(V1, g=character), {}) == {Alarm("MDC_EVT_HDIALY_BLOOD_LEAK", 198244)}
    assert standing(V1, tokens(V1), {}) == frozenset()


def test_each_flag_of_version_1_is_its_event() -> None:
    alarms = standing(V1, tokens(V1, **dict.fromkeys("abcdefgh", "1")), {})
    assert len(alarms) == 8
    assert {(a.code, a.signal) for a in alarms} == {
        (196616, "dialysate_temperature"),
        (196616, "dialysate_conductivity"),
        (196616, "venous_pressure"),
        (196616, "dialysate_pressure"),
        (196616, "transmembrane_pressure"),
        (198262, ""),
        (198244, ""),
        (198258, ""),
    }


@pytest.mark.parametrize(
    ("value", "high", "low", "event", "code"),
    [
        (260.0, "00250", "00010", "MDC_EVT_HI", 196648),
        (5.0, "00250", "00010", "MDC_EVT_LO", 196670),
        (5.0, "00010", "00250", "MDC_EVT_LO", 196670),
        (250.0, "00250", "00010", "MDC_EVT_ALARM", 196616),
        (100.0, "00250", "00010", "MDC_EVT_ALARM", 196616),
        (10.0, "00250", "00010", "MDC_EVT_ALARM", 196616),
        (260.0, "00250", "0000/", "MDC_EVT_ALARM", 196616),
        (260.0, "00250", "0x010", "MDC_EVT_ALARM", 196616),
        (None, "00250", "00010", "MDC_EVT_ALARM", 196616),
    ],
)
def test_direction_is_claimed_only_where_the_frame_shows_it(
    value: float | None, high: str, low: str, event: str, code: int
) -> None:
    values = {} if value is None else {"venous_pressure": value}
    (alarm,) = standing(TR8000, tokens(TR8000, c="1", V=high, W=low), values)
    assert (alarm.name, alarm.code, alarm.signal) == (event, code, "venous_pressure")


def test_an_alarm_keeps_the_name_it_began_with() -> None:
    sent = tokens(TR8000, c="1", V="00250", W="00010")
    began = standing_by_letter(TR8000, sent, {"venous_pressure": 260.0}, {})
    assert began["c"].name == "MDC_EVT_HI"
    assert standing_by_letter(TR8000, sent, {"venous_pressure": 240.0}, began) == began
    ended = standing_by_letter(TR8000, tokens(TR8000), {"venous_pressure": 240.0}, began)
    assert ended == {}
    assert standing_by_letter(TR8000, sent, {"venous_pressure": 5.0}, ended)["c"].name == "MDC_EVT_LO"


def test_version_1_carries_no_limits_so_never_a_direction() -> None:
    (alarm,) = standing(V1, tokens(V1, c="1"), {"venous_pressure": 480.0})
    assert (alarm.name, alarm.text) == ("MDC_EVT_ALARM", "Venous pressure")


def test_general_alarms_of_one_machine_are_told_apart_by_their_words() -> None:
    v2 = get_profile("v2")
    assert standing(v2, tokens(v2, i="1"), {}) == {Alarm("MDC_EVT_ALARM", 196616, "", "Blood pressure")}
    assert standing(TR8000, tokens(TR8000) | {"$": "1"}, {}) == {Alarm("MDC_EVT_ALARM", 196616, "", "Water short")}


def test_letters_events_and_sources_name_a_flag() -> None:
    assert letters(V1, {"g"}) == letters(V1, {"MDC_EVT_HDIALY_BLOOD_LEAK"}) == {"g"}
    assert letters(V1, {"venous_pressure", "h"}) == {"c", "h"}
    assert letters(V1, frozenset()) == frozenset()


def test_what_a_profile_has_no_flag_for_is_left_out() -> None:
    assert letters(TR321, {"e", "transmembrane_pressure", "MDC_EVT_HDIALY_BLD_PUMP_STOP"}) == frozenset()


@pytest.mark.parametrize("word", ["BLOOD_LEAK", "", "MDC_EVT_ALARM", "MDC_EVT_HI", "MDC_EVT_LO"])
def test_a_word_that_names_no_flag_is_a_mistake(word: str) -> None:
    with pytest.raises(ValueError, match="give a flag letter"):
        letters(V1, {word})
