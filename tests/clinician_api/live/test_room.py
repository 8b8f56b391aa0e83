"""What is so now: newest wins, late never does, nothing is told twice, clinics and roles bound what is seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clinician_api.access import Role, Scope, scope_of
from clinician_api.live.alert_board import ALERT_RING
from clinician_api.live.room import Room
from clinician_api.live.unsaved import Saving
from clinician_api.live.views import moment, status
from clinician_api.teams.sight import Sight
from evaluation.links import LinkTrouble
from telemetry.messages import Flag, MachineLink, Status
from tests.clinician_api.builders import NOW, SECOND, alert_view, entry, live_reading, unsaved_alert

NURSE = scope_of(Role.NURSE, 1)


@pytest.fixture
def room() -> Room:
    made = Room(NOW)
    made.set_directory([entry(1), entry(2, clinic=2, patient=None)])
    return made


def shown(room: Room, unit: str = "u-1") -> dict[str, object]:
    view = room.unit_view(NURSE, unit, NOW + 10 * SECOND)
    assert view is not None
    return view


def test_the_newest_reading_is_shown_with_its_age(room: Room) -> None:
    room.put_reading(live_reading(at_s=1))
    room.put_reading(live_reading(at_s=4))
    assert shown(room)["reading"]["seq"] == 4  # type: ignore[index]
    assert shown(room)["reading"]["age_s"] == 6.0  # type: ignore[index]


def test_late_data_never_takes_the_place_of_newer(room: Room) -> None:
    room.put_reading(live_reading(at_s=100))
    late = live_reading(at_s=5, received_us=NOW + 200 * SECOND, flags=Flag.LATE)
    assert not room.put_reading(late)
    assert shown(room)["reading"]["seq"] == 100  # type: ignore[index]


def test_a_clock_that_was_set_back_does_not_freeze_the_screen(room: Room) -> None:
    room.put_reading(live_reading(at_s=3600))
    after = live_reading(at_s=1, seq=5000, received_us=NOW + 3601 * SECOND)
    assert room.put_reading(after)


def test_what_comes_out_of_order_by_reception_is_not_taken(room: Room) -> None:
    room.put_reading(live_reading(at_s=10))
    assert not room.put_reading(live_reading(at_s=9))
    assert not room.put_reading(live_reading(at_s=10))


def test_a_reading_of_no_known_unit_is_not_kept(room: Room) -> None:
    version = room.version
    assert not room.put_reading(live_reading("stranger"))
    assert room.version == version


def test_equal_statuses_are_not_told_again_and_since_stays(room: Room) -> None:
    room.put_heard(Status(1, "u-1", True, NOW, machine=MachineLink.CONNECTED), NOW)
    version = room.version
    room.put_heard(Status(1, "u-1", True, NOW + SECOND, machine=MachineLink.CONNECTED), NOW + SECOND)
    assert room.version == version
    room.put_heard(Status(1, "u-1", True, NOW, machine=MachineLink.CONNECTED, outbox_rows=5), NOW + 2 * SECOND)
    assert shown(room)["status"]["since"] == moment(NOW)  # type: ignore[index]
    room.put_heard(Status(1, "u-1", False, NOW), NOW + 3 * SECOND)
    assert shown(room)["status"]["since"] == moment(NOW + 3 * SECOND)  # type: ignore[index]


def test_a_stored_status_does_not_undo_a_newer_one_but_knows_better_since_when(room: Room) -> None:
    live = Status(1, "u-1", True, NOW, machine=MachineLink.CONNECTED, outbox_rows=9)
    room.put_heard(live, NOW + 5 * SECOND)
    old = status(Status(1, "u-1", False, NOW), NOW, None)
    room.put_stored_status(old, NOW + SECOND)
    assert shown(room)["status"]["online"] is True  # type: ignore[index]
    same = status(Status(1, "u-1", True, NOW, machine=MachineLink.CONNECTED, outbox_rows=1), NOW - 60 * SECOND, None)
    room.put_stored_status(same, NOW + SECOND)
    view = shown(room)["status"]
    assert (view["outbox_rows"], view["since"]) == (9, moment(NOW - 60 * SECOND))  # type: ignore[index]


def test_only_the_store_knows_when_the_box_itself_spoke(room: Room) -> None:
    live = Status(1, "u-1", True, NOW, machine=MachineLink.CONNECTED)
    room.put_heard(live, NOW + 5 * SECOND)
    assert shown(room)["status"]["heard_at"] is None, "the broker may have remembered it"  # type: ignore[index]
    room.put_stored_status(status(live, NOW, NOW + SECOND), NOW + SECOND)
    assert shown(room)["status"]["heard_at"] == moment(NOW + SECOND)  # type: ignore[index]
    room.put_heard(live, NOW + 30 * SECOND)
    assert shown(room)["status"]["heard_at"] == moment(NOW + SECOND)  # type: ignore[index]
    silent = Status(1, "u-1", True, NOW, machine=MachineLink.SILENT)
    room.put_stored_status(status(silent, NOW, NOW + 29 * SECOND), NOW + 29 * SECOND)
    view = shown(room)["status"]
    assert (view["machine"], view["heard_at"]) == ("connected", moment(NOW + 29 * SECOND))  # type: ignore[index]


def test_an_alert_read_out_of_order_does_not_come_back(room: Room) -> None:
    room.alerts.put(alert_view(), 10)
    room.alerts.put(alert_view(state="normal"), 12)
    room.alerts.put(alert_view(), 10)
    room.alerts.put(alert_view(state="active, acknowledged"), 11)
    assert room.open_alerts(NURSE) == []
    assert room.alerts.last == 2


def test_the_ring_is_bounded(room: Room) -> None:
    for number in range(ALERT_RING + 50):
        room.alerts.put(alert_view(str(number)), number)
    assert len(room.alerts.ring) == ALERT_RING
    assert len(room.open_alerts(NURSE)) == ALERT_RING + 50


def test_a_clinic_sees_its_own(room: Room) -> None:
    room.alerts.put(alert_view("1", "u-1"), 1)
    room.alerts.put(alert_view("2", "u-2"), 2)
    assert room.units(NURSE) == ["u-1"]
    assert room.unit_view(NURSE, "u-2", NOW) is None
    assert [view["alert_id"] for view in room.open_alerts(NURSE)] == ["1"]
    everywhere = scope_of(Role.ADMINISTRATOR, None)
    assert room.units(everywhere) == ["u-1", "u-2"]
    assert len(room.open_alerts(everywhere)) == 2


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.OPERATIONS])
def test_technical_roles_see_status_but_neither_names_nor_values(room: Room, role: Role) -> None:
    room.put_reading(live_reading())
    room.put_heard(Status(1, "u-1", True, NOW), NOW)
    room.put_not_evaluated("u-1", [{"rule": "R07", "reason": "no venous pressure", "at_rest": False, "between": False}])
    room.alerts.put(alert_view(), 1)
    scope = scope_of(role, 1)
    view = room.unit_view(scope, "u-1", NOW)
    assert view is not None
    assert (view["patient"], view["reading"], view["not_evaluated"]) == (None, None, [])
    assert view["status"]["online"] is True
    assert room.open_alerts(scope) == []


def test_an_unsaved_alert_is_its_clinics_and_no_technicians(room: Room) -> None:
    said = Saving(NOW, NOW, [unsaved_alert("u-1"), unsaved_alert("u-2"), unsaved_alert("stranger")])
    room.put_saving(5, said, str, 1.0)
    assert [view["alert_id"] for view in room.open_alerts(NURSE)] == ["unsaved-u-1-R07"]
    assert room.open_alerts(NURSE, frozenset({"u-2"})) == []
    assert room.open_alerts(scope_of(Role.TECHNICIAN, 1)) == []
    room.put_saving(5, Saving(NOW, 0, []), str, 2.0)
    assert len(room.open_alerts(NURSE)) == 1
    room.settle(2.0, works=True)
    assert room.open_alerts(NURSE) == []


def test_an_alert_that_ended_unsaved_is_taken_back(room: Room) -> None:
    room.put_saving(5, Saving(NOW, NOW, [unsaved_alert()]), str, 1.0)
    room.put_saving(5, Saving(NOW, NOW, []), str, 2.0)
    room.take_back(10.0)
    assert room.open_alerts(NURSE) == []


def test_a_changed_directory_makes_everything_be_told_anew(room: Room) -> None:
    generation = room.generation
    room.set_directory([entry(1), entry(2, clinic=2, patient=None)])
    assert room.generation == generation
    room.put_reading(live_reading())
    room.set_directory([entry(2, clinic=2, patient=None)])
    assert room.generation == generation + 1
    room.set_directory([entry(1)])
    assert shown(room)["reading"] is None


def test_links_are_down_until_they_report(room: Room) -> None:
    assert not room.all_alive()
    for name in ("ingest", "live_feed", "alert_feed"):
        assert room.set_link(name, None, NOW + SECOND)
        assert not room.set_link(name, None, NOW + 2 * SECOND)
    assert room.all_alive()
    assert room.links()["ingest"] == {"alive": True, "since": moment(NOW + SECOND), "reason": None}


def test_another_reason_is_told_and_is_no_new_beginning(room: Room) -> None:
    room.set_link("ingest", None, NOW)
    room.set_link("ingest", LinkTrouble.INCOMPLETE, NOW + SECOND)
    version = room.links_version
    assert room.set_link("ingest", LinkTrouble.SILENT, NOW + 2 * SECOND)
    assert room.links_version > version
    assert room.links()["ingest"] == {"alive": False, "since": moment(NOW + SECOND), "reason": "silent"}


def test_since_when_may_turn_out_to_be_earlier(room: Room) -> None:
    room.set_link("ingest", LinkTrouble.DATABASE, NOW + 9 * SECOND)
    assert room.set_link("ingest", LinkTrouble.UNSAVED, NOW + 4 * SECOND)
    assert room.links()["ingest"]["since"] == moment(NOW)
    room.set_link("ingest", None, NOW + 20 * SECOND)
    room.set_link("ingest", LinkTrouble.DATABASE, NOW + 29 * SECOND)
    assert room.set_link("ingest", LinkTrouble.UNSAVED, NOW + 24 * SECOND)
    assert not room.set_link("ingest", LinkTrouble.UNSAVED, NOW + 26 * SECOND)
    assert room.links()["ingest"] == {"alive": False, "since": moment(NOW + 24 * SECOND), "reason": "unsaved"}


def test_a_screen_covers_who_sees_nobody_else_of_its_clinic(room: Room) -> None:
    homes = [replace(entry(number), patient_id=number) for number in (1, 2, 3)]
    room.set_directory([*homes, entry(4, patient=None), entry(5, clinic=2)])

    def scope(*patients: int, role: Role = Role.NURSE) -> Scope:
        return scope_of(role, 1, Sight(by_team=True, patients=frozenset(patients)))

    whole, everywhere = scope_of(Role.KIOSK, 1), scope_of(Role.ADMINISTRATOR, None)
    assert room.covers(whole, scope(1, 2)) and room.covers(whole, NURSE) and room.covers(whole, everywhere)
    assert room.covers(scope(1, 2), scope(1)) and room.covers(scope(1, 2), scope(1, 2))
    assert not room.covers(scope(1, 2), scope(2, 3)) and not room.covers(scope(1, 2), NURSE)
    assert not room.covers(scope(1), everywhere) and room.covers(everywhere, NURSE)
    assert not room.covers(scope_of(Role.KIOSK, 2), NURSE), "of another clinic"
    assert not room.covers(scope_of(Role.TECHNICIAN, 1), NURSE), "who shows no alerts"
