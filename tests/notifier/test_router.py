"""What happens to alerts becomes notices: grouped, held back for a reason that is kept, and asked about once."""

from __future__ import annotations

import threading
from functools import partial
from random import Random

import pytest

from alerts import shelving
from alerts.responsibility import Move
from alerts.shelving import ShelfKind
from evaluation import answering, setting_aside
from evaluation.answering import Outcome
from notifier import escalator, router
from store import pool, shelvings
from store.pool import Connection
from telemetry.alarms import ConditionState, Priority
from tests.notifier.world import CAUSES, START_US, World, build


def reasons(world: World) -> list[tuple[str, str]]:
    return world.rows("SELECT verdict, stage FROM notice_alert ORDER BY alert_id")


def test_two_rules_of_one_cause_are_one_notice(world: World) -> None:
    world.alert("R10", Priority.HIGH)
    world.alert("R13", Priority.MEDIUM)
    world.alert("R20", Priority.HIGH)
    world.after(0)
    assert world.rows("SELECT cause, priority, state FROM notice ORDER BY cause") == [
        ("air", "high", "asking"),
        ("venous access", "high", "asking"),
    ]
    # One page a person for each cause.
    assert world.pages() == [(0.0, "anna 1"), (0.0, "anna 1")]


def test_what_joins_pages_nobody_anew_but_a_rise_does(world: World) -> None:
    world.alert("R13", Priority.MEDIUM)
    world.after(60)
    world.alert("R13", Priority.MEDIUM)
    world.after(60)
    assert world.pages() == [(0.0, "anna 1")]
    world.alert("R10", Priority.HIGH)
    world.after(0)
    assert world.notice() == ("asking", "high", 2)
    assert world.pages() == [(0.0, "anna 1"), (120.0, "anna 1")]


def test_an_event_is_decided_about_once_by_two_notifiers(world: World, database_url: str) -> None:
    for _ in range(20):
        world.alert()
    with pool.connect(database_url) as other:
        done = [router.route(conn, CAUSES, world.now_us) for conn in (world.conn, other) for _ in range(2)]
    assert sum(done) == 20
    assert world.rows("SELECT count(*) FROM notice") == [(1,)]
    assert world.rows("SELECT count(*) FROM notice_event WHERE move = 'ask'") == [(1,)]


def test_notifiers_and_people_at_once_never_wait_in_a_circle(conn: Connection, database_url: str) -> None:
    world = build(conn, database_url, homes=6)
    dice, stop = Random(5), threading.Event()
    troubles: list[Exception] = []

    def work() -> None:
        with pool.connect(database_url) as mine:
            while not stop.is_set():
                try:
                    now_us = world.now_us
                    router.route(mine, CAUSES, now_us)
                    escalator.advance(mine, world.who, now_us)
                except Exception as error:
                    troubles.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    alerts: list[int] = []
    for number in range(120):
        home = dice.choice(world.homes)
        alerts.append(world.alert(dice.choice(["R10", "R13", "R20"]), Priority.HIGH, home=home))
        if number % 4 == 3:
            alert, user = dice.choice(alerts), world.users[dice.choice(["anna", "boris"])]
            world.at_the_api(partial(answering.acknowledge, alert_id=alert, user_id=user, now_us=world.now_us))
        world.now_us += 10_000_000
    stop.set()
    for thread in threads:
        thread.join(30)
    world.settle()
    assert troubles == []
    assert world.rows("SELECT count(*) FROM notice_alert") == [(120,)]
    twice = "SELECT 1 FROM notice WHERE state <> 'over' GROUP BY unit_id, cause HAVING count(*) > 1"
    assert world.rows(twice) == []
    world.close()


def test_an_alert_that_is_over_stays_with_its_notice(world: World) -> None:
    first = world.alert()
    world.after(1)
    world.clear(first)
    world.after(1)
    world.clear(first)  # said again, while another begins
    world.alert()
    world.after(1)
    assert world.rows("SELECT notice_id FROM notice_alert ORDER BY alert_id") == [(1,), (2,)]


def test_a_failed_transaction_leaves_everything_due(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.alert()

    def fail(*_: object) -> None:
        raise RuntimeError("killed here")

    monkeypatch.setattr(router.notices, "recheck", fail)
    with pytest.raises(RuntimeError):
        router.route(world.conn, CAUSES, world.now_us)
    monkeypatch.undo()
    assert world.rows("SELECT count(*) FROM notice") == [(0,)]
    world.after(0)
    assert world.pages() == [(0.0, "anna 1")]


def test_late_findings_page_nobody(world: World) -> None:
    world.alert(late=True)
    world.after(3600)
    assert world.pages() == [] and reasons(world) == [("list", "late")]


def test_what_was_over_before_anybody_could_be_told_is_on_record(world: World) -> None:
    world.clear(world.alert())
    world.after(600)
    assert world.pages() == []
    assert world.rows("SELECT move, reason FROM notice_event WHERE move <> ''") == [
        ("resolve", "every condition of it is over")
    ]


def test_accepting_ends_the_asking_until_the_acceptance_expires(world: World) -> None:
    alert = world.alert()
    world.after(130)
    assert world.answer("boris", Move.ACCEPT) is Outcome.DONE
    assert world.rows("SELECT state, acknowledged_by FROM alert") == [
        (ConditionState.ACTIVE_ACKNOWLEDGED, world.users["boris"])
    ]
    before = world.pages()
    world.after(14 * 60)
    assert world.pages() == before and world.notice() == ("accepted", "high", 1)
    # After a quarter of an hour the cause lasts still: asked anew, from the first person on.
    world.after(60)
    assert world.notice() == ("asking", "high", 2)
    assert world.pages()[len(before) :] == [(130.0 + 900, "anna 1")]
    world.clear(alert)
    world.after(0)
    assert world.notice()[0] == "over"


def test_rejecting_goes_to_the_next_at_once(world: World) -> None:
    world.alert()
    world.after(5)
    assert world.answer("anna", Move.REJECT) is Outcome.DONE
    world.after(0)
    assert world.pages() == [(0.0, "anna 1"), (5.0, "boris 1"), (5.0, "boris 2")]
    world.after(300)
    assert [name for _, name in world.pages()] == ["anna 1", "boris 1", "boris 2", "chen 1", "chen 2"]


def test_two_people_at_once_give_one_outcome_and_both_are_on_record(world: World) -> None:
    world.alert()
    world.after(0)
    assert world.answer("boris", Move.ACCEPT) is Outcome.DONE
    assert world.answer("anna", Move.ACCEPT) is Outcome.ACCEPTED_BY_OTHER
    assert world.answer("boris", Move.ACCEPT) is Outcome.YOURS
    assert world.answer("anna", Move.RELEASE) is Outcome.ACCEPTED_BY_OTHER
    people = world.rows("SELECT actor, move FROM notice_event WHERE actor IS NOT NULL ORDER BY event_id")
    assert people[:2] == [(world.users["boris"], "accept"), (world.users["anna"], "")]
    assert world.answer("anna", Move.TAKE_OVER) is Outcome.DONE
    assert world.rows("SELECT accepted_by FROM notice") == [(world.users["anna"],)]
    assert world.answer("anna", Move.RELEASE) is Outcome.DONE
    assert world.notice() == ("asking", "high", 2)


def test_what_was_seen_and_comes_again_is_asked_about_again(world: World) -> None:
    alert = world.alert()
    world.after(5)
    world.answer("anna", Move.ACCEPT)
    world.after(60)
    # A second fall of the pressure: the same alert, not acknowledged any more.
    world.step(alert, "R10", Priority.HIGH, ConditionState.ACTIVE_UNACKNOWLEDGED)
    world.after(0)
    assert world.notice() == ("asking", "high", 2)
    assert world.pages() == [(0.0, "anna 1"), (65.0, "anna 1")]
    # Another rule about what somebody is at already is not.
    world.answer("anna", Move.ACCEPT)
    world.alert("R13", Priority.HIGH)
    world.after(60)
    assert world.notice() == ("accepted", "high", 2)


def test_an_acknowledgement_before_anybody_was_asked_spares_everybody(world: World) -> None:
    alert = world.alert()
    world.at_the_api(lambda conn: answering.acknowledge(conn, alert, world.users["anna"], world.now_us))
    world.after(600)
    assert world.pages() == [] and reasons(world) == [("seen", "acknowledged")]


def test_acknowledging_accepts(world: World) -> None:
    alert = world.alert()
    world.after(10)
    world.at_the_api(lambda conn: answering.acknowledge(conn, alert, world.users["anna"], world.now_us))
    world.after(600)
    assert world.pages() == [(0.0, "anna 1")] and world.notice() == ("accepted", "high", 1)


def shelve(world: World, alert: int, kind: ShelfKind, minutes: float | None) -> setting_aside.Outcome:
    return world.at_the_api(
        lambda conn: setting_aside.shelve(
            conn, alert, kind, minutes, "known, on the way", world.users["anna"], world.now_us
        )
    )


def test_shelved_for_a_while(world: World) -> None:
    alert = world.alert("R13", Priority.MEDIUM)
    world.after(10)
    assert shelve(world, alert, ShelfKind.TIMED, 30) is setting_aside.Outcome.DONE
    world.after(29 * 60)
    assert world.pages() == [(0.0, "anna 1")] and world.notice() == ("nobody", "medium", 1)
    # Its end asks again, and says why it ended.
    world.after(60)
    assert world.notice() == ("asking", "medium", 2)
    assert world.rows("SELECT kind, actor, reason FROM shelving_event ORDER BY event_id")[-1] == (
        "ended", None, "its time is over",
    )  # fmt: skip


def test_a_rise_in_priority_breaks_shelving(world: World) -> None:
    alert = world.alert("R13", Priority.MEDIUM)
    world.after(10)
    shelve(world, alert, ShelfKind.ONE_SHOT, None)
    world.after(60)
    world.step(alert, "R13", Priority.HIGH, ConditionState.ACTIVE_UNACKNOWLEDGED)
    world.after(0)
    assert world.notice() == ("asking", "high", 2)
    assert world.rows("SELECT reason FROM shelving_event WHERE kind = 'ended'") == [
        ("priority rose from medium to high",)
    ]


@pytest.mark.parametrize("seen", [False, True])
def test_a_second_fall_breaks_shelving(world: World, seen: bool) -> None:
    alert = world.alert("R10", Priority.HIGH)
    world.after(10)
    if seen:
        world.answer("anna", Move.ACCEPT)
    shelve(world, alert, ShelfKind.TIMED, 10)
    world.after(30)
    # What is only known better is no second fall.
    state = ConditionState.ACTIVE_ACKNOWLEDGED if seen else ConditionState.ACTIVE_UNACKNOWLEDGED
    world.step(alert, "R10", Priority.HIGH, state)
    world.after(30)
    assert len(world.pages()) == 1
    world.step(alert, "R10", Priority.HIGH, ConditionState.ACTIVE_UNACKNOWLEDGED, again=True)
    world.after(0)
    assert world.notice() == ("asking", "high", 2)
    assert world.pages()[-1] == (70.0, "anna 1")
    assert world.rows("SELECT reason FROM shelving_event WHERE kind = 'ended'") == [(shelving.AGAIN,)]
    assert world.rows("SELECT stage FROM notice_alert") == [("told anew",)]
    assert world.rows("SELECT reason FROM notice_event WHERE move = 'ask' AND round = 2") == [(shelving.AGAIN,)]
    # Set aside after it, it stays so.
    shelve(world, alert, ShelfKind.TIMED, 10)
    world.after(120)
    assert len(world.pages()) == 2 and world.notice()[0] == "nobody"


def test_a_second_fall_while_somebody_is_at_another_of_its_cause_asks_anew(world: World) -> None:
    first = world.alert("R13", Priority.MEDIUM)
    world.after(0)
    shelve(world, first, ShelfKind.TIMED, 60)
    world.after(1)
    # Another of the same cause is asked about and seen: that is not to have seen what is set aside.
    second = world.alert("R10", Priority.MEDIUM)
    world.after(1)
    world.at_the_api(lambda conn: answering.acknowledge(conn, second, world.users["boris"], world.now_us))
    world.after(1)
    assert world.notice()[0] == "accepted"
    world.step(first, "R13", Priority.MEDIUM, ConditionState.ACTIVE_UNACKNOWLEDGED, again=True)
    world.after(0)
    assert world.rows("SELECT state FROM notice WHERE cause = 'venous access'") == [("asking",)]


def test_what_was_told_anew_before_it_was_set_aside_does_not_count(world: World) -> None:
    alert = world.alert("R10", Priority.HIGH)
    world.after(1)
    world.step(alert, "R10", Priority.HIGH, ConditionState.ACTIVE_UNACKNOWLEDGED, again=True)
    world.after(1)
    shelve(world, alert, ShelfKind.TIMED, 10)
    world.after(120)
    assert world.notice()[0] == "nobody"


def test_one_shot_lasts_until_it_is_over(world: World) -> None:
    alert = world.alert("R13", Priority.MEDIUM)
    world.after(0)
    shelve(world, alert, ShelfKind.ONE_SHOT, None)
    world.after(3600)
    assert world.pages() == [(0.0, "anna 1")]
    world.clear(alert, "R13", Priority.MEDIUM)
    world.after(60)
    world.alert("R13", Priority.MEDIUM)
    world.after(0)
    assert len(world.pages()) == 2 and world.notice() == ("asking", "medium", 1)


def test_brought_back_asks_again(world: World) -> None:
    alert = world.alert("R13", Priority.MEDIUM)
    world.after(0)
    shelve(world, alert, ShelfKind.TIMED, 60)
    world.after(60)
    deed = lambda conn: setting_aside.bring_back(conn, alert, world.users["boris"], world.now_us)  # noqa: E731
    assert world.at_the_api(deed) is setting_aside.Outcome.DONE
    world.after(0)
    assert world.notice() == ("asking", "medium", 2)
    assert world.at_the_api(deed) is setting_aside.Outcome.NOTHING


def test_out_of_service_holds_but_never_while_somebody_is_on_the_machine(world: World) -> None:
    until = world.now_us + 3600 * 1_000_000
    shelvings.set_service(
        world.conn, world.home, until_us=until, actor="os:t", reason="pump swapped", now_us=world.now_us
    )
    world.alert("R13", Priority.MEDIUM)
    world.after(60)
    assert world.pages() == [] and reasons(world) == [("hold", "out of service")]
    world.rows(
        """INSERT INTO treatment (unit_id, started_at, derived, unusual, interruptions, changed_at)
        VALUES (%s, now(), false, 0, '[]', now()) RETURNING 1""",
        world.home,
    )
    world.alert("R20", Priority.HIGH)
    world.after(0)
    assert world.pages() == [(60.0, "anna 1")]
    shelvings.set_service(world.conn, world.home, until_us=None, actor="os:t", reason="done", now_us=world.now_us)
    world.after(0)
    assert len(world.pages()) == 2


def test_a_fault_of_our_own_is_no_alarm_of_every_home(conn: Connection, database_url: str) -> None:
    world = build(conn, database_url, homes=5)
    world.own_fault = "the broker is not reached"
    for home in world.homes:
        world.alert("R33", Priority.HIGH, home=home)
    world.alert("R10", Priority.HIGH)
    world.after(30)
    assert [name for _, name in world.pages()] == ["anna 1", "anna 2"]  # the needle, which is no silence
    world.own_fault = ""
    world.after(6)
    # Whoever is silent still is asked about then.
    assert len(world.pages()) == 2 + 5
    world.close()


def test_a_rule_that_is_gone_has_a_notice_of_its_own(world: World) -> None:
    world.alert("R99", Priority.HIGH)
    world.after(0)
    assert world.rows("SELECT cause FROM notice") == [("R99",)] and world.pages() == [(0.0, "anna 1")]


def test_a_storm_pages_each_person_once_for_each_patient_and_cause(conn: Connection, database_url: str) -> None:
    world = build(conn, database_url, homes=10)
    for home in world.homes:
        for number in range(50):
            rule = ("R13", "R10", "R20", "R33")[number % 4]
            world.alert(rule, Priority.HIGH if rule in ("R10", "R20") else Priority.MEDIUM, home=home)
    world.settle()
    assert world.rows("SELECT count(*) FROM alert") == world.rows("SELECT count(*) FROM notice_alert") == [(500,)]
    assert world.rows("SELECT count(*) FROM notice") == [(30,)]
    assert len(world.pages()) == 30
    assert world.now_us == START_US
    world.close()
