from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from zoneinfo import ZoneInfo

import pytest

from homehd import rota_words
from telemetry.errors import HomehdError, SettingsError
from telemetry.rota import BACKUP, MOST_PEOPLE, Audience
from tests.alerts.rota.rotas import ANN, BOB, NORTH, book, rota, us

BERLIN = ZoneInfo("Europe/Berlin")
BOOK = book(rota(), rota(rota_id=8, line=BACKUP), rota(rota_id=9, clinic_id=None, audience=Audience.TECHNICAL))


def test_a_rota_is_known_by_clinic_audience_and_line() -> None:
    assert rota_words.rota(BOOK, "North", Audience.CLINICAL, "backup").rota_id == 8
    assert rota_words.rota(BOOK, "-", Audience.TECHNICAL, "primary").rota_id == 9
    found = rota_words.clinic(BOOK, "North")
    assert found is not None and found.clinic_id == NORTH and rota_words.clinic(BOOK, "-") is None


def test_people_are_known_by_their_addresses_in_order_and_may_have_two_turns() -> None:
    typed = "bob@clinic.example, ANN@clinic.example,bob@clinic.example"
    assert rota_words.people(BOOK, typed) == (BOB, ANN, BOB)


def test_turns_days_and_times() -> None:
    assert [rota_words.every_days(text) for text in ("1d", "1w", "8w", "56d")] == [1, 7, 56, 56]
    assert rota_words.hand_over("02:30") == time(2, 30)
    assert rota_words.anchor("2026-03-02") == date(2026, 3, 2)
    assert rota_words.zone("Europe/Berlin") == "Europe/Berlin"


def test_a_time_is_local_unless_it_says_a_zone() -> None:
    assert rota_words.moment("2026-03-02T08:00", "--to", BERLIN) == us("2026-03-02T07:00")
    assert rota_words.moment("2026-03-02T08:00+00:00", "--to", BERLIN) == us("2026-03-02T08:00")
    assert rota_words.moment("2026-07-02", "--to", BERLIN) == us("2026-07-01T22:00")


@pytest.mark.parametrize(
    ("typed", "offsets"),
    [("2026-10-25T02:30", ("+02:00", "+01:00")), ("2026-03-29T02:30", ("+01:00", "+02:00"))],
)
def test_a_time_that_comes_twice_or_never_is_asked_for_with_its_offset(typed: str, offsets: tuple[str, str]) -> None:
    with pytest.raises(SettingsError) as caught:
        rota_words.moment(typed, "--to", BERLIN)
    assert all(f"{typed}:00{offset}" in caught.value.hint for offset in offsets)


@pytest.mark.parametrize(
    ("checked", "said"),
    [
        (lambda: rota_words.zone("Mars/Base"), "--zone"),
        (lambda: rota_words.clinic(BOOK, "Nort"), "North, South"),
        (lambda: rota_words.rota(BOOK, "South", Audience.CLINICAL, "primary"), "homehd rota add"),
        (lambda: rota_words.people(BOOK, "ann@clinic.example,,"), "find user"),
        (lambda: rota_words.people(BOOK, ",".join(["ann@clinic.example"] * (MOST_PEOPLE + 1))), "--people"),
        (lambda: rota_words.every_days("57d"), "--every"),
        (lambda: rota_words.every_days("0w"), "--every"),
        (lambda: rota_words.every_days("7"), "--every"),
        (lambda: rota_words.hand_over("24:00"), "--hand-over"),
        (lambda: rota_words.hand_over("8:00"), "--hand-over"),
        (lambda: rota_words.anchor("02.03.2026"), "--anchor"),
        (lambda: rota_words.anchor("0001-01-01"), "2000-01-01"),
        (lambda: rota_words.moment("soon", "--to", BERLIN), "--to"),
    ],
)
def test_what_cannot_be_is_told_before_it_is_kept(checked: Callable[[], object], said: str) -> None:
    with pytest.raises(HomehdError, match=said):
        checked()
