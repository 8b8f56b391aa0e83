from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.jsdt.frames import MAX_DATA, Frame
from protocols.jsdt.profile import Field, LayoutError, Profile, Role, inserting, replacing, without
from protocols.jsdt.profiles import ALIASES, PROFILES, get_profile
from telemetry import signals
from telemetry.alarms import EVENT_BY_NAME
from telemetry.errors import SettingsError

TABLE = (Field("A", 2, Role.EXTRA, "one"), Field("B", 3, Role.EXTRA, "two", free_text=True))
PROFILE = Profile("toy", 1, TABLE)


@pytest.fixture(params=sorted(PROFILES))
def profile(request: pytest.FixtureRequest) -> Profile:
    return PROFILES[request.param]


def test_tables_are_sound(profile: Profile) -> None:
    letters = [entry.letter for entry in profile.fields]
    assert len(set(letters)) == len(letters), "letters are unique"
    assert all(len(letter.encode("ascii")) == 1 and letter.isprintable() for letter in letters)
    assert all(entry.width > 0 for entry in profile.fields)
    names = [entry.name for entry in profile.fields]
    assert len(set(names)) == len(names), "no two fields give the same thing"
    assert 0 < profile.length <= MAX_DATA
    assert 0 <= profile.version <= 9


def test_fields_name_what_the_vocabulary_knows(profile: Profile) -> None:
    for entry in profile.fields:
        if entry.role in (Role.SIGNAL, Role.MODALITY):
            assert entry.name in signals.BY_NAME
            assert entry.decimals == 0 or entry.width > entry.decimals + 1
            assert entry.litres == (entry.role is Role.SIGNAL and entry.name.startswith("ultrafiltration_"))
        else:
            assert entry.name not in signals.BY_NAME, "an extra must not look like a catalogue signal"
        if entry.role is Role.ALARM:
            assert entry.event in EVENT_BY_NAME
            assert entry.source == "" or entry.source in signals.BY_NAME
            assert entry.width == 1
        assert entry.absent == "" or len(entry.absent) == entry.width
    assert sum(entry.role is Role.TREATING for entry in profile.fields) == profile.says_phase


def test_limits_point_at_fields_of_the_same_table(profile: Profile) -> None:
    letters = {entry.letter for entry in profile.fields}
    sources = {entry.source for entry in profile.fields}
    for signal, pair in profile.limits.items():
        assert signal in sources
        assert set(pair) <= letters


def test_lengths_are_those_of_the_published_frames(published: dict[str, bytes]) -> None:
    for name in ("v1", "nikkiso-v2"):
        assert PROFILES[name].length == len(Frame.from_bytes(published[name]).data)


def test_published_data_are_cut_by_the_table(published: dict[str, bytes]) -> None:
    tokens = PROFILES["v1"].tokenise(Frame.from_bytes(published["v1"]).data)
    assert tokens["A"] == "02.50"
    assert tokens["K"] == "00115"
    assert (
        "".join(letter + value for letter, value in tokens.items()).encode() == Frame.from_bytes(published["v1"]).data
    )


def test_a_letter_inside_a_value_is_not_a_field() -> None:
    assert PROFILE.tokenise(b"AB1BAB ") == {"A": "B1", "B": "AB "}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"A12C345", "profile toy expects B at DATA offset 3, found C"),
        (b"A12", "profile toy expects B at DATA offset 3, found the end"),
        (b"A12\xff345", r"found \\xff"),
        (b"A12B34", "profile toy has LEN 007, the frame 006"),
        (b"A12B345C", "profile toy has LEN 007, the frame 008"),
        (b"A1\x07B345", "value of A at DATA offset 0 holds unprintable bytes"),
        (b"A1\xe9B345", "value of A at DATA offset 0 holds unprintable bytes"),
    ],
)
def test_what_does_not_fit_is_said(data: bytes, reason: str) -> None:
    with pytest.raises(LayoutError, match=reason):
        PROFILE.tokenise(data)
    assert PROFILE.misfit(data).isprintable()


def test_free_text_may_hold_anything() -> None:
    assert PROFILE.tokenise(b"A12B\x00\xff/") == {"A": "12", "B": "\x00\xff/"}


@given(data=st.binary(max_size=12))
def test_any_data_fit_or_are_a_layout_error(data: bytes) -> None:
    if PROFILE.misfit(data):
        with pytest.raises(LayoutError):
            PROFILE.tokenise(data)
    else:
        tokens = PROFILE.tokenise(data)
        assert "".join(letter + value for letter, value in tokens.items()).encode("latin-1") == data


def test_a_dialect_is_the_table_before_it_changed() -> None:
    new, other = Field("C", 1, Role.EXTRA, "three"), Field("A", 9, Role.EXTRA, "one")
    assert without(TABLE, "A") == TABLE[1:]
    assert inserting(TABLE, "A", new) == (TABLE[0], new, TABLE[1])
    assert replacing(TABLE, other) == (other, TABLE[1])
    with pytest.raises(ValueError):
        inserting(TABLE, "Z", new)


def test_profiles_are_found_by_name_and_alias_and_never_guessed() -> None:
    assert all(get_profile(name) is profile and profile.name == name for name, profile in PROFILES.items())
    assert {alias: get_profile(alias).name for alias in ALIASES} == {
        "v2": "nikkiso-v2",
        "tr8000": "toray-tr8000",
        "tr321": "toray-tr321",
    }
    for name in ("", "1", "toray", "V1"):
        with pytest.raises(SettingsError, match="known: v1, nikkiso-v2"):
            get_profile(name)
