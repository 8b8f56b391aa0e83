"""The card on disk: whole or not at all, its owner's alone, refused where it is not ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from notifier.away import card as cards
from telemetry.errors import HomehdError
from telemetry.rota import Audience
from tests.notifier.away_world import ANNA, BORIS, CHEN, OLGA, START_US, card, notice, replace_card


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path, made = tmp_path / "notifier" / "card.json", card(notices=[notice("asking")])
    assert cards.read(path) is None
    cards.write(path, made)
    assert cards.read(path) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["card.json"]


def test_a_write_that_fails_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "card.json"
    cards.write(path, card())

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(HomehdError, match="No space left"):
        cards.write(path, replace_card(card(), written_us=1))
    assert cards.read(path) == card()
    assert [file.name for file in tmp_path.iterdir()] == ["card.json"]


@pytest.mark.parametrize("text", ["", "{", '{"version":1}', "[]", "null"])
def test_what_is_no_card_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "card.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(HomehdError, match="written anew"):
        cards.read(path)


def test_another_version_and_one_that_others_can_read_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    cards.write(path, replace_card(card(), version=99))
    with pytest.raises(HomehdError, match="version 99"):
        cards.read(path)
    cards.write(path, card())
    path.chmod(0o644)
    with pytest.raises(HomehdError, match="only its owner"):
        cards.read(path)


def test_who_is_on_call_is_asked_at_the_moment_of_need() -> None:
    people = card().people(1, Audience.CLINICAL, START_US)
    assert (people.first, people.backup, people.everyone, people.pathway) == (
        (ANNA,), (BORIS,), (ANNA, BORIS, CHEN), (),
    )  # fmt: skip
    eight_weeks_on = START_US + 56 * 86_400_000_000
    assert card().people(1, Audience.CLINICAL, eight_weeks_on).first == (CHEN,)
    assert card().people(None, Audience.OPERATIONS, START_US).first == (OLGA,)
    assert {way.user_id for way in card().ways(people)} == {ANNA, BORIS, CHEN}
