"""One thing is shown for a unit and rule, saved or not, whatever comes in whichever order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinician_api.live.alert_board import AlertBoard
from clinician_api.live.unsaved import Key
from clinician_api.live.views import moment
from clinician_api.live.views import unsaved_alert as unsaved_view
from tests.clinician_api.builders import NOW, alert_view, unsaved_alert

KEY: Key = ("u-1", "R07")
OWN = "unsaved-u-1-R07"


class Screen:
    """What a page holds that applies the messages of the ring, each in one step."""

    def __init__(self) -> None:
        self.board = AlertBoard(lambda: 0)
        self.held: dict[str, dict[str, Any]] = {}
        self.counts: list[int] = []
        self._told = 0

    def look(self) -> dict[str, dict[str, Any]]:
        """Apply what is new; the open alerts afterwards. How many were open after each message is in `counts`."""
        for told in self.board.ring:
            if told.number <= self._told:
                continue
            self._told = told.number
            self.held.pop(told.replaces or "", None)
            self.held[told.view["alert_id"]] = told.view
            if told.view["state"] == "normal" and told.view["unsaved"]:
                del self.held[told.view["alert_id"]]
            self.counts.append(len(self.open()))
        return self.open()

    def open(self) -> dict[str, dict[str, Any]]:
        return {alert_id: view for alert_id, view in self.held.items() if view["state"] != "normal"}


@pytest.fixture
def screen() -> Screen:
    return Screen()


def unsaved(**fields: Any) -> dict[Key, dict[str, Any]]:
    alert = unsaved_alert(**fields)
    return {(alert.unit, alert.rule): unsaved_view(alert, "Needle may be out", NOW)}


def test_an_unsaved_alert_is_shown_and_then_replaced_by_the_saved_one_in_one_step(screen: Screen) -> None:
    board = screen.board
    board.put_unsaved(unsaved())
    assert [view["unsaved"] for view in screen.look().values()] == [True]
    assert list(screen.look()) == [OWN]
    board.put(alert_view("7"), 1)
    assert [(view["alert_id"], view["unsaved"]) for view in screen.look().values()] == [("7", True)]
    board.forget_unsaved([KEY])
    assert [(view["alert_id"], view["unsaved"]) for view in screen.look().values()] == [("7", False)]
    assert set(screen.counts) == {1}


def test_a_look_at_the_store_alone_brings_the_saved_one_in_one_step_too(screen: Screen) -> None:
    screen.board.put_unsaved(unsaved())
    screen.look()
    screen.board.put(alert_view("7"), 1)
    screen.board.forget_unsaved([KEY])
    assert list(screen.look()) == ["7"]
    assert set(screen.counts) == {1}


def test_over_an_open_alert_it_takes_its_id_and_what_it_changes(screen: Screen) -> None:
    board = screen.board
    board.put(alert_view("7", priority="medium", acknowledged_by="Nora", acknowledged_at=moment(NOW)), 1)
    board.put_unsaved(unsaved(priority="medium", state="active, acknowledged", reason="fell further"))
    (view,) = screen.look().values()
    assert (view["alert_id"], view["reason"], view["acknowledged_by"]) == ("7", "fell further", "Nora")
    board.put_unsaved(unsaved(priority="high"))
    (view,) = screen.look().values()
    assert (view["priority"], view["acknowledged_by"], view["acknowledged_at"]) == ("high", None, None)
    assert board.unsaved("7") == view
    assert set(screen.counts) == {1}


def test_an_event_that_changes_nothing_of_it_is_not_told_and_an_older_one_neither(screen: Screen) -> None:
    board = screen.board
    answered = {"notice_id": "1", "state": "accepted"}
    board.put(alert_view("7"), 10)
    board.put(alert_view("7"), 11)
    board.put(alert_view("7", answer=answered), 13)
    board.put(alert_view("7"), 12)  # read earlier, come later
    assert screen.look()["7"]["answer"] == answered
    assert board.last == 2


def test_what_people_did_holds_under_unsaved_changes_until_it_is_raised_anew(screen: Screen) -> None:
    board = screen.board
    people = {"answer": {"notice_id": "1", "state": "accepted"}, "shelved_until": moment(NOW), "shelved_by": "Nora",
              "shelved_reason": "known"}  # fmt: skip
    board.put(alert_view("7", **people), 1)
    board.put_unsaved(unsaved(state="active, acknowledged"))
    (view,) = screen.look().values()
    assert {name: view[name] for name in people} == people
    board.put_unsaved(unsaved())
    (view,) = screen.look().values()
    assert {name: view[name] for name in people} == dict.fromkeys(people)


def test_an_open_alert_that_ended_unsaved_is_shown_no_longer_and_the_record_follows(screen: Screen) -> None:
    board = screen.board
    board.put(alert_view("7"), 1)
    board.put_unsaved(unsaved(state="normal"))
    assert screen.look() == {}
    assert board.open_views() == []
    assert board.missed({}) == {"7"}, "on record it still is"
    board.put(alert_view("7", state="normal"), 2)
    screen.look()
    assert screen.held["7"]["unsaved"] is False
    board.forget_unsaved([KEY])
    assert screen.look() == {}


def test_one_that_ended_and_began_again_unsaved_ends_up_as_two_on_record(screen: Screen) -> None:
    board = screen.board
    board.put(alert_view("7"), 1)
    board.put_unsaved(unsaved())
    board.put(alert_view("7", state="normal"), 2)
    board.put(alert_view("8"), 3)
    board.forget_unsaved([KEY])
    assert list(screen.look()) == ["8"]
    assert screen.held["7"]["state"] == "normal"
    assert set(screen.counts) == {1}


def test_one_that_began_and_ended_unsaved_leaves_nothing_open(screen: Screen) -> None:
    board = screen.board
    board.put_unsaved(unsaved())
    assert list(screen.look()) == [OWN]
    board.put_unsaved(unsaved(state="normal"))
    assert screen.look() == {}
    board.put(alert_view("7", state="normal"), 1)
    board.forget_unsaved([KEY])
    assert screen.look() == {}
    assert list(screen.held) == ["7"]


def test_one_without_a_successor_goes(screen: Screen) -> None:
    screen.board.put_unsaved(unsaved())
    screen.look()
    screen.board.forget_unsaved([KEY])
    assert screen.look() == {}
    assert screen.held == {}


def test_lists_of_saved_alerts_are_overlaid(screen: Screen) -> None:
    board = screen.board
    saved = [alert_view("7"), alert_view("9", "u-2")]
    for number, view in enumerate(saved):
        board.put(view, number)
    board.put_unsaved(unsaved(reason="fell further"))
    board.put_unsaved(unsaved(unit="u-3"))
    board.put_unsaved(unsaved(unit="u-2", state="normal"))
    assert [(v["alert_id"], v["reason"]) for v in board.overlaid(saved)] == [
        ("unsaved-u-3-R07", "venous pressure fell"), ("7", "fell further"),
    ]  # fmt: skip
    assert board.unsaved("unsaved-u-3-R07") is not None
    assert board.unsaved("11") is None


STATES = ["active, unacknowledged", "active, acknowledged", "latched, clear", "normal"]


@given(
    st.lists(st.tuples(st.sampled_from(["saved", "unsaved", "forget", "look"]), st.sampled_from(STATES)), max_size=40)
)
def test_whatever_comes_a_screen_shows_one_thing_and_what_a_new_one_would(steps: list[tuple[str, str]]) -> None:
    """The store has one open alert of a unit and rule at a time: the next begins when the last has ended."""
    screen, saved, event, is_unsaved = Screen(), 1, 0, False
    for action, state in steps:
        if action == "saved":
            event += 1
            screen.board.put(alert_view(str(saved), state=state), event)
            saved += state == "normal"
        elif action == "unsaved":
            screen.board.put_unsaved(unsaved(state=state))
            is_unsaved = True
        elif action == "forget" and is_unsaved:
            screen.board.forget_unsaved([KEY])
            is_unsaved = False
        elif action == "look":
            screen.look()
    shown = screen.look()
    assert list(shown.values()) == screen.board.open_views()
    assert len(shown) <= 1
    assert all(count <= 1 for count in screen.counts)


def test_what_stands_differently_from_what_was_told_is_missed() -> None:
    board = AlertBoard(lambda: 0)
    board.put(alert_view("7"), 10)
    board.put(alert_view("8"), 20)
    board.put(alert_view("9"), 30)
    assert board.missed({"7": 10, "8": 20, "9": 30}) == set()
    # One that was told newer than it was read, one that changed, one that is over, one nobody has told of.
    assert board.missed({"7": 9, "8": 21, "10": 1}) == {"8", "9", "10"}
