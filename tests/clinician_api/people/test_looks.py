"""What is noted of who looks: once in a while, in order, and never without bound."""

from __future__ import annotations

import pytest

from clinician_api.people import looks
from clinician_api.people.looks import AGAIN_S, WALL_AGAIN_S, Looks, What
from store.audit import Deed

ONE, OTHER = b"\1" * 32, b"\2" * 32


def note(held: Looks, what: What, *patients: int | None, at_s: float = 0.0, token: bytes = ONE) -> None:
    held.note(token, "user:1", what, patients, int(at_s * 1e6), at_s)


def test_one_patient_is_the_subject_and_several_are_listed() -> None:
    held = Looks()
    note(held, What.PAGE, 7, None, at_s=1.0)
    note(held, What.WALL, 9, 7, 9, None)
    note(held, What.HISTORY)
    note(held, What.HISTORY, None)
    session = "01" * 8
    assert held.take() == [
        Deed(1_000_000, "user:1", "look at page", "patient:7", {"session": session}),
        Deed(0, "user:1", "look at wall", "patients: 2", {"session": session, "patients": [7, 9]}),
    ]
    assert held.take() == []


@pytest.mark.parametrize(
    ("what", "again_s"), [(What.PAGE, AGAIN_S), (What.HISTORY, AGAIN_S), (What.WALL, WALL_AGAIN_S)]
)
def test_the_same_is_noted_again_only_after_a_while(what: What, again_s: float) -> None:
    held = Looks()
    for at_s in (0.0, 1.0, again_s - 1, again_s, again_s + 1):
        note(held, what, 7, at_s=at_s)
    assert [deed.at_us / 1e6 for deed in held.take()] == [0.0, again_s]


def test_another_session_another_patient_and_another_thing_are_not_the_same() -> None:
    held = Looks()
    note(held, What.PAGE, 7)
    note(held, What.PAGE, 7, token=OTHER)
    note(held, What.PAGE, 8)
    note(held, What.HISTORY, 7)
    note(held, What.WALL, 7, 8)
    note(held, What.WALL, 7, 8, 9)
    assert [deed.subject for deed in held.take()] == [
        "patient:7", "patient:7", "patient:8", "patient:7", "patients: 2", "patient:9",
    ]  # fmt: skip


def test_what_could_not_be_written_comes_first_the_next_time() -> None:
    held = Looks()
    note(held, What.PAGE, 1, 2)
    note(held, What.PAGE, 3)
    taken = held.take()
    note(held, What.PAGE, 4)
    held.give_back(taken)
    assert [deed.subject for deed in held.take()] == ["patients: 2", "patient:3", "patient:4"]


def test_what_waits_and_what_is_remembered_is_bounded_and_what_is_given_up_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(looks, "MAX_WAITING", 3)
    monkeypatch.setattr(looks, "MAX_REMEMBERED", 2)
    monkeypatch.setattr(looks, "MAX_LISTED", 2)
    held = Looks()
    note(held, What.PAGE, 1, 2, 3, 4, 5)
    assert [len(deed.detail.get("patients", [0])) for deed in held.take()] == [2, 2, 1]
    note(held, What.PAGE, 1)
    assert len(held.take()) == 1, "long forgotten, so it is noted again"
    for patient in range(10, 15):
        note(held, What.HISTORY, patient)
    assert (len(held.take()), held.lost) == (3, 2)
    note(held, What.ALERTS, 1)
    held.give_back([Deed(0, "user:1", "look at page", f"patient:{n}", {}) for n in range(3)])
    assert [deed.action for deed in held.take()] == ["look at page"] * 3
    assert held.lost == 3


def test_what_is_shown_all_the_time_is_not_the_first_to_be_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "MAX_REMEMBERED", 2)
    held = Looks()
    for at_s, patient in enumerate((1, 2, 1, 3, 1)):
        note(held, What.WALL, patient, at_s=float(at_s))
    assert [deed.subject for deed in held.take()] == ["patient:1", "patient:2", "patient:3"]
