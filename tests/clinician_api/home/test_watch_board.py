"""Who sees a home, by the screens' own word."""

from __future__ import annotations

from clinician_api.home.watch_board import FORGOTTEN_S, WatchBoard, Watcher

NORA, BO = Watcher("user:1", "Nora", "nurse"), Watcher("user:2", "Bo", "nephrologist")
WALL = Watcher("kiosk:1", "Ward", "kiosk")


def names(board: WatchBoard, now_s: float, unit: str = "u-1") -> list[str]:
    return [one.watcher.name for one in board.watching(unit, now_s)]


def test_people_come_first_and_then_the_latest() -> None:
    board = WatchBoard()
    board.note(NORA, ["u-1"], 0.0, attended=True)
    board.note(BO, ["u-1", "u-2"], 1.0, attended=True)
    board.note(WALL, ["u-1"], 2.0, attended=False)
    assert names(board, 2.0) == ["Bo", "Nora", "Ward"]
    assert names(board, 2.0, "u-2") == ["Bo"]


def test_who_says_nothing_more_is_named_for_a_minute_only() -> None:
    board = WatchBoard()
    board.note(NORA, ["u-1"], 0.0, attended=True)
    assert [one.at_s for one in board.watching("u-1", FORGOTTEN_S)] == [0.0]
    assert names(board, FORGOTTEN_S + 0.1) == []


def test_a_forgotten_screen_does_not_take_the_place_of_the_one_somebody_sits_at() -> None:
    board = WatchBoard()
    board.note(NORA, ["u-1"], 0.0, attended=True)
    board.note(NORA, ["u-1"], 1.0, attended=False)
    (one,) = board.watching("u-1", 1.0)
    assert one.attended
    board.note(NORA, ["u-1"], 20.0, attended=False)
    (one,) = board.watching("u-1", 20.0)
    assert not one.attended
