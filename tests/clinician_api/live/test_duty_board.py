"""What screens are told of duty: by clinic, at a change, and honestly when nobody knows."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from pydantic import TypeAdapter

from clinician_api.access import Role, scope_of
from clinician_api.live.duty_board import UNKNOWN, DutyBoard, DutySeen
from clinician_api.live.hub import Hub, Subscriber
from clinician_api.live.messages import ServerMessage
from clinician_api.live.room import Room
from tests.clinician_api.builders import NOW, SECOND, entry

MESSAGE: TypeAdapter[Any] = TypeAdapter(ServerMessage)
TEST = {"state": "passed", "at": None, "broken": ""}


def clinic(name: str, revision: int = 1) -> dict[str, Any]:
    return {"clinic": name, "revision": revision, "coverage": []}


SEEN = DutySeen({1: clinic("North"), 2: clinic("South")}, TEST, {1: (2, 3), 2: (1, 1), None: (4, 4)})


def test_a_clinic_sees_its_own_and_counts_its_own_channels() -> None:
    board = DutyBoard(count(1).__next__)
    assert board.view(scope_of(Role.NURSE, 1)) == UNKNOWN
    board.put(SEEN)
    assert board.view(scope_of(Role.NURSE, 1)) == {
        "known": True, "clinics": [clinic("North")], "selftest": {**TEST, "taken": 2, "channels": 3},
    }  # fmt: skip
    everywhere = board.view(scope_of(Role.OPERATIONS, None))
    assert len(everywhere["clinics"]) == 2 and everywhere["selftest"]["channels"] == 8
    nothing = board.view(scope_of(Role.NURSE, None))
    assert (nothing["clinics"], nothing["selftest"]["channels"]) == ([], 0)
    assert board.view(scope_of(Role.PATIENT, 1)) == UNKNOWN


def test_only_a_change_is_one() -> None:
    board = DutyBoard(count(1).__next__)
    board.put(None)
    assert board.version == 0
    board.put(SEEN)
    board.put(DutySeen({1: clinic("North"), 2: clinic("South")}, dict(TEST), dict(SEEN.channels)))
    assert board.version == 1
    board.put(None)
    assert board.version == 2


def test_what_was_looked_up_before_and_comes_in_later_is_left_out() -> None:
    board = DutyBoard(count(1).__next__)
    nurse = scope_of(Role.NURSE, 1)
    board.put(DutySeen({1: clinic("North", 2)}, TEST, order=2))
    board.put(DutySeen({1: clinic("North", 1)}, TEST, order=1))
    assert board.view(nurse)["clinics"] == [clinic("North", 2)]
    board.put(None)
    board.put(DutySeen({1: clinic("North", 3)}, TEST, order=3))
    assert board.view(nurse)["clinics"] == [clinic("North", 3)]


def test_screens_are_told_whole_in_the_snapshot_and_then_where_it_changed() -> None:
    room = Room(NOW)
    room.set_directory([entry()])
    room.duty.put(SEEN)
    hub = Hub(room, heartbeat_s=3.0)
    screen = Subscriber(scope_of(Role.NURSE, 1), None)

    def told(at_s: float) -> list[dict[str, Any]]:
        hub.publish()
        frames = hub.frames(screen, NOW + int(at_s * SECOND), at_s)
        for frame in frames:
            MESSAGE.validate_json(frame)
        return [json.loads(frame) for frame in frames]

    (snapshot,) = told(0)
    assert snapshot["duty"]["clinics"] == [clinic("North")]
    assert told(1) == []
    (heartbeat,) = told(4)
    assert (heartbeat["type"], heartbeat["duty"]) == ("status", None)
    room.duty.put(DutySeen({1: clinic("North", 2)}, TEST))
    (changed,) = told(4.5)
    assert changed["duty"]["clinics"] == [clinic("North", 2)]
    room.duty.put(None)
    (gone,) = told(5)
    assert gone["duty"] == UNKNOWN
