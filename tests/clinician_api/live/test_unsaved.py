"""What is not saved, by shard: a frame replaces the one before, and what has gone is kept until the store was read."""

from __future__ import annotations

import pytest

from clinician_api.live.unsaved import SETTLE_S, TAKEN_BACK_S, Key, Saving, UnsavedBook
from clinician_api.live.views import moment
from telemetry.messages import UnsavedAlert
from tests.clinician_api.builders import NOW, SECOND, unsaved_alert

LIMIT_S = 4.0
KEY: Key = ("u-1", "R07")


@pytest.fixture
def book() -> UnsavedBook:
    return UnsavedBook()


def hear(
    book: UnsavedBook, now_s: float, *alerts: UnsavedAlert, shard: int = 5, since_us: int = NOW
) -> dict[Key, object]:
    said = Saving(NOW + int(now_s * SECOND), since_us, list(alerts))
    return dict(book.hear(shard, said, lambda rule: f"title of {rule}", now_s))


def test_what_is_new_or_changed_is_told_once(book: UnsavedBook) -> None:
    (view,) = book.hear(5, Saving(NOW + SECOND, NOW, [unsaved_alert()]), str.lower, 1).values()
    assert (view["alert_id"], view["title"], view["unsaved"]) == ("unsaved-u-1-R07", "r07", True)
    assert view["changed_at"] == moment(NOW + SECOND)
    assert hear(book, 2, unsaved_alert()) == {}
    assert list(hear(book, 3, unsaved_alert(reason="fell further"))) == [KEY]


def test_what_was_saved_is_kept_until_the_store_was_looked_at_since(book: UnsavedBook) -> None:
    hear(book, 1, unsaved_alert())
    assert not book.unsettled
    hear(book, 2, since_us=0)
    assert book.unsettled
    assert book.settle(1.9) == [], "that look began before the word"
    assert book.settle(2.0) == [KEY]
    assert not book.unsettled
    assert book.settle(3.0) == []


def test_it_is_the_shards_own_word_that_counts(book: UnsavedBook) -> None:
    hear(book, 1, unsaved_alert(), shard=5)
    hear(book, 2, since_us=0, shard=6)
    assert book.settle(2.0) == []
    hear(book, 3, unsaved_alert("u-2"), shard=6)
    hear(book, 4, since_us=0, shard=5)
    assert book.settle(4.0) == [KEY]


def test_an_alert_that_ended_unsaved_is_taken_back_though_no_store_answers(book: UnsavedBook) -> None:
    hear(book, 1, unsaved_alert())
    hear(book, 2)
    assert book.taken_back(2 + TAKEN_BACK_S - 0.1) == []
    assert book.taken_back(2 + TAKEN_BACK_S) == [KEY]


def test_what_was_saved_is_not_taken_back(book: UnsavedBook) -> None:
    hear(book, 1, unsaved_alert())
    hear(book, 2, since_us=0)
    assert book.taken_back(100) == []


def test_what_a_frame_had_no_room_for_stands_until_one_that_tells_all(book: UnsavedBook) -> None:
    hear(book, 1, unsaved_alert())
    book.hear(5, Saving(NOW, NOW, [unsaved_alert("u-2")], left_out=1), str, 2)
    assert book.taken_back(100) == []
    hear(book, 3, unsaved_alert("u-2"))
    assert book.taken_back(100) == [KEY]


def test_who_leaves_out_more_than_there_can_be_is_not_believed(
    book: UnsavedBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clinician_api.live.unsaved.MAX_HELD", 1)
    hear(book, 1, unsaved_alert())
    book.hear(5, Saving(NOW, NOW, [unsaved_alert("u-2")], left_out=1), str, 2)
    assert book.taken_back(100) == [KEY]


def test_a_word_that_leaves_some_out_goes_on_from_the_one_before() -> None:
    before, new = unsaved_alert("u-1"), unsaved_alert("u-2")
    changed = unsaved_alert("u-1", reason="fell further")
    said = Saving(NOW, NOW, [before])
    assert Saving(NOW, NOW, [new], left_out=1).following(said).alerts == [before, new]
    assert Saving(NOW, NOW, [changed], left_out=1).following(said).alerts == [changed]
    assert Saving(NOW, NOW, [new]).following(said).alerts == [new]


def test_one_that_comes_again_has_never_gone(book: UnsavedBook) -> None:
    hear(book, 1, unsaved_alert())
    hear(book, 2)
    assert hear(book, 3, unsaved_alert()) == {}
    assert book.taken_back(100) == []
    assert book.settle(100) == []


def test_a_shard_nobody_speaks_for_any_more_is_forgotten_when_ingest_works(book: UnsavedBook) -> None:
    hear(book, 1, unsaved_alert())
    assert book.settle(100) == [], "a look alone does not say that it was saved"
    book.forget_unheard(6, 5)
    assert book.settle(100) == []
    book.forget_unheard(6.1, 5)
    assert book.settle(6.0) == []
    assert book.settle(6.1) == [KEY]


def test_since_when_is_the_earliest_of_the_shards_that_are_heard(book: UnsavedBook) -> None:
    assert book.since_us(0, LIMIT_S) is None
    hear(book, 1, shard=5, since_us=NOW + SECOND)
    hear(book, 2, shard=6, since_us=NOW)
    assert book.since_us(5, LIMIT_S) == NOW
    hear(book, 6.5, shard=5, since_us=NOW + SECOND)
    assert book.since_us(6.5, LIMIT_S) == NOW + SECOND
    assert book.since_us(11, LIMIT_S) is None


def test_it_lasts_until_the_store_was_looked_at_and_not_for_ever(book: UnsavedBook) -> None:
    hear(book, 1)
    hear(book, 2, since_us=0)
    assert book.since_us(2, LIMIT_S) == NOW
    hear(book, 2 + SETTLE_S, since_us=0)
    assert book.since_us(2 + SETTLE_S, LIMIT_S) == NOW
    assert book.since_us(2.1 + SETTLE_S, LIMIT_S) is None
    hear(book, 50)
    hear(book, 51, since_us=0)
    book.settle(51)
    assert book.since_us(51, LIMIT_S) is None


def test_it_lasts_until_the_store_too_says_that_ingest_is_well(book: UnsavedBook) -> None:
    hear(book, 1, unsaved_alert())
    hear(book, 2, since_us=0)
    assert book.settle(2.0, works=False) == [KEY], "the alert is on record all the same"
    assert not book.unsettled
    assert book.since_us(2, LIMIT_S) == NOW, "an old heartbeat is no new trouble"
    book.settle(3.0)
    assert book.since_us(3, LIMIT_S) is None


def test_frames_tell_all_only_where_no_shard_saves(book: UnsavedBook) -> None:
    assert not book.tells_all(0, LIMIT_S)
    hear(book, 1, shard=5)
    assert book.tells_all(1, LIMIT_S)
    hear(book, 2, shard=6, since_us=0)
    assert not book.tells_all(2, LIMIT_S), "the alerts of shard 6 go to a database that we do not hear"
    hear(book, 7, shard=5)
    assert book.tells_all(7, LIMIT_S), "shard 6 was not heard lately"
    hear(book, 8, shard=5, since_us=0)
    assert not book.tells_all(8, LIMIT_S)
