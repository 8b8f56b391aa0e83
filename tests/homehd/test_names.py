from __future__ import annotations

from collections.abc import Iterator

import pytest

from homehd import names
from store import pool, registry
from store.pool import Connection
from telemetry.errors import HomehdError, SettingsError

NOW_US = 1_750_000_000_000_000


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection]:
    with pool.connect(database_url) as connection:
        yield connection


@pytest.fixture
def unit(conn: Connection) -> registry.Unit:
    return registry.add_unit(conn, "Home of Mrs. Example", "North", NOW_US)


@pytest.mark.parametrize(
    "text", ["", " ", "a\tb", "a\nb", "\x1b[2J", "a\u202eb", "a\u2028b", "a\0", "a\udcff", "a" * 201]
)
def test_a_name_nobody_could_read_is_refused_in_a_line_anybody_can(text: str) -> None:
    with pytest.raises(SettingsError, match="NAME") as caught:
        names.checked_name(text, named="NAME")
    assert caught.value.line().isprintable()


def test_names_of_people_and_places_are_names() -> None:
    for text in ("Home of bed 12", "Zoë O'Brien–Ångström", "山田\u3000太郎", "x" * 198):
        assert names.checked_name(f" {text} ", named="NAME") == text


def test_one_name_is_one_home_of_a_clinic(conn: Connection, unit: registry.Unit) -> None:
    for label in ("Home of Mrs. Example", "home  of MRS. example"):
        with pytest.raises(HomehdError, match=f"unit {unit.name} of this clinic is called so – .*reenrol"):
            names.refuse_same_name([unit], label, "North")
    names.refuse_same_name([unit], unit.label, "South")
    names.refuse_same_name([unit], unit.label, None)
    names.refuse_same_name([unit], "Home of Mr. Example", "North")
    registry.revoke_unit(conn, unit.name, NOW_US)
    names.refuse_same_name(registry.list_units(conn), unit.label, "North")


def test_what_is_shown_is_one_line_and_says_what_is_there() -> None:
    assert names.shown("a\tb\n\x1b[2J\u202e\\\u2028") == r"a\tb\n\x1b[2J\u202e\\\u2028"
    assert names.shown("Zoë – 山田\u3000太郎") == "Zoë – 山田\u3000太郎"


@pytest.mark.parametrize(
    "text",
    ["", "@", "li", "@host", "li@", "li@ho\nst", "l\u202ei@host", "li@h\x1b[2Jost", "l i@host", "a" * 250 + "@host"],
)
def test_an_address_nobody_could_type_is_refused_in_a_line_anybody_can_read(text: str) -> None:
    with pytest.raises(SettingsError, match="EMAIL") as caught:
        names.checked_email(text)
    assert caught.value.line().isprintable()


def test_an_address_has_no_spaces_around_it() -> None:
    assert names.checked_email(" li@clinic.example\n") == "li@clinic.example"
