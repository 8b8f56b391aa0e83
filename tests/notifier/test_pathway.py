"""Nobody of the clinic answers: operations is told so, in words it may read, and the clinic is asked on."""

from __future__ import annotations

import pytest

from alerts.responsibility import Move
from evaluation.answering import answer
from notifier import pathway, troubles
from notifier.on_call import OnCall
from notifier.troubles import Trouble
from telemetry.alarms import Priority
from tests.notifier.world import World


def look(world: World) -> list[Trouble]:
    found = pathway.troubles(world.conn, OnCall().duty, world.now_us)
    troubles.settle(world.conn, found, world.now_us)
    return found


def clinical(world: World) -> str:
    return str(world.rows("SELECT state FROM notice WHERE audience = 'clinical'")[0][0])


def test_operations_is_told_that_nobody_answers_and_whom_to_call(world: World) -> None:
    world.rows("INSERT INTO patient (clinic_id, display_name) VALUES (%s, 'Ada Secret') RETURNING 1", world.clinic)
    world.after(60)
    world.alert()
    world.after(359)
    assert look(world) == []
    world.after(1)
    (one,) = look(world)
    unit = world.rows("SELECT name FROM unit")[0][0]
    assert (one.cause, one.subject, one.audience, one.clinic_id, one.priority) == (
        "pathway", "notice 1", "operations", world.clinic, Priority.HIGH,
    )  # fmt: skip
    # It began 60 s after 2025-06-15 15:06:40.
    assert f"people of North have not answered for unit {unit} since 2025-06-15 15:07 UTC" in one.reason
    assert "Anna, Boris, Chen" in one.reason and "there is no rota" in one.reason
    assert "Ada" not in one.reason and "venous" not in one.reason


def test_its_acceptance_does_not_end_the_asking_and_an_answer_ends_it(world: World) -> None:
    world.alert()
    world.after(360)
    look(world)
    world.settle()
    assert world.answer("chen", Move.ACCEPT).value == "done"
    assert world.rows("SELECT cause, state FROM notice ORDER BY notice_id") == [
        ("venous access", "unanswered"), ("pathway", "accepted"),
    ]  # fmt: skip
    before = len(world.pages())
    world.after(150)
    # All over again, from the first person on; the trouble stays what it is.
    assert clinical(world) == "asking" and len(world.pages()) > before
    assert len(look(world)) == 1
    world.at_the_api(lambda conn: answer(conn, 1, Move.ACCEPT, world.users["anna"], world.now_us))
    assert look(world) == []
    assert world.rows("SELECT cause, state FROM notice ORDER BY notice_id")[1] == ("pathway", "over")
    # Fifteen minutes later people are asked anew: the pathway is six minutes away again.
    world.after(901)
    assert clinical(world) == "asking" and look(world) == []
    world.after(360)
    assert len(look(world)) == 1


@pytest.mark.parametrize("rise", [False, True])
def test_a_step_that_was_called_off_is_no_pathway(world: World, rise: bool) -> None:
    alert = world.alert("R13", Priority.MEDIUM)
    world.after(60)
    if rise:
        world.alert("R10", Priority.HIGH)
    else:
        world.clear(alert, "R13", Priority.MEDIUM)
    world.after(60)
    assert look(world) == []
