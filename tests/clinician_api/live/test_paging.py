"""Pages on screens, on a real server and database: to whom, when, and what comes of the receipts."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed

from alerts.delivery import DeliveryState
from alerts.escalation import People
from clinician_api.access import Role
from clinician_api.data import Data
from clinician_api.live import paging
from clinician_api.live.screens import Said, Screens
from clinician_api.routes.live import RECEIPTS
from clinician_api.settings import ApiOptions
from store.errors import StoreError
from store.viewers import EVERYTHING, work_for
from tests.clinician_api.conftest import Api, Socket, until
from tests.clinician_api.notified import Notifier
from tests.store.valve import valve


@pytest.fixture
def notifier(api: Api) -> Notifier:
    """Nora is asked first; the server listens."""
    until(lambda: api.do(lambda services: services.room.is_alive("alert_feed")))
    notifier = Notifier(api)
    notifier.people = People((notifier.user("Nora"),))
    return notifier


def screen(api: Api, name: str) -> Socket:
    socket = api.open_socket(api.sign_in(Role.NURSE, name=name))
    socket.subscribe()
    return socket


def ask(notifier: Notifier, unit: str = "u-1") -> None:
    notifier.api.raise_alert(notifier.api.add_unit(unit, "Clinic 1", "Ada Example"))
    notifier.settle()


def states(notifier: Notifier) -> list[str]:
    return [str(state) for (state,) in notifier.rows("SELECT state FROM delivery ORDER BY delivery_id")]


def nothing(socket: Socket, seconds: float = 1.5) -> None:
    with pytest.raises(TimeoutError):
        socket.next("page", timeout=seconds)


def test_both_screens_of_the_person_are_told_at_once_and_nobody_elses(api: Api, notifier: Notifier) -> None:
    one, two, other = screen(api, "Nora"), screen(api, "Nora"), screen(api, "Bo")
    began = time.monotonic()
    ask(notifier)
    told = one.next("page")
    assert time.monotonic() - began < 2
    assert (told["delivery"], told["notice_id"], told["priority"]) == ("1", "1", "high")
    assert {**two.next("page"), "server_time": 0} == {**told, "server_time": 0}
    until(lambda: states(notifier) == ["sent"])
    nothing(other)
    nothing(one)
    assert notifier.rows("SELECT state, attempt, detail FROM delivery_event ORDER BY event_id") == [
        ("queued", 0, ""), ("sent", 1, "by the screen"),
    ]  # fmt: skip


def test_receipts_move_the_own_delivery_forward_and_no_other(api: Api, notifier: Notifier) -> None:
    own, other = screen(api, "Nora"), screen(api, "Bo")
    ask(notifier)
    delivery = own.next("page")["delivery"]
    until(lambda: states(notifier) == ["sent"])
    other.say({"receipt": delivery, "state": "read"})
    own.say({"receipt": "999", "state": "read"})
    own.say({"receipt": delivery, "state": "delivered"})
    until(lambda: states(notifier) == ["delivered"])
    own.say({"receipt": delivery, "state": "read"})
    own.say({"receipt": delivery, "state": "delivered"})
    until(lambda: states(notifier) == ["read"])
    until(lambda: api.do(lambda services: not services.screens.said))
    assert states(notifier) == ["read"]


def test_a_receipt_at_the_screen_spares_the_second_channel(api: Api, notifier: Notifier) -> None:
    own = screen(api, "Nora")
    ask(notifier)
    own.say({"receipt": own.next("page")["delivery"], "state": "delivered"})
    until(lambda: states(notifier) == ["delivered"])
    notifier.rows("UPDATE notice_step SET due_at = clock_timestamp() WHERE kind = 'second channel' RETURNING 1")
    notifier.settle()
    ((outcome,),) = notifier.rows("SELECT outcome FROM notice_step WHERE kind = 'second channel'")
    assert outcome.startswith("a device has said it got the message")


def test_who_has_no_screen_open_is_told_on_coming_within_ten_minutes(api: Api, notifier: Notifier) -> None:
    ask(notifier, "u-1")
    ask(notifier, "u-2")
    ask(notifier, "u-3")
    notifier.rows("UPDATE delivery SET queued_at = queued_at - interval '11 min' WHERE delivery_id = 1 RETURNING 1")
    api.sign_in(Role.NURSE, name="Bo").post("/api/notices/2/accept", json={})
    assert states(notifier) == ["queued"] * 3, "nothing is called sent that nobody got"
    own = screen(api, "Nora")
    assert own.next("page")["notice_id"] == "3", "the first is too old, the second somebody has accepted"
    until(lambda: states(notifier) == ["queued", "queued", "sent"])
    nothing(own)
    # A page that is loaded anew is asked still, until somebody has answered.
    assert screen(api, "Nora").next("page")["notice_id"] == "3"
    api.sign_in(Role.NURSE, name="Bo").post("/api/notices/3/accept", json={})
    nothing(screen(api, "Nora"))


def test_an_announcement_that_was_missed_is_found_when_the_listener_is_back(api: Api, notifier: Notifier) -> None:
    own = screen(api, "Nora")
    until(lambda: api.do(lambda services: not services.screens.fresh))
    with api.database() as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'homehd alert feed'"
        )
    ask(notifier)
    assert own.next("page")["notice_id"] == "1"


def test_many_receipts_are_no_flood_and_a_flood_ends_the_socket(api: Api) -> None:
    own = screen(api, "Nora")
    for number in range(200):
        own.say({"receipt": str(number), "state": "delivered"})
    own.next("status")
    with suppress(ConnectionClosed):  # by us, while it is being sent to
        for number in range(RECEIPTS):
            own.say({"receipt": str(number), "state": "read"})
    assert own.closed()[0] == 1008


@pytest.mark.parametrize(
    "said",
    [
        {"receipt": "1"},
        {"receipt": 1, "state": "read"},
        {"receipt": "x", "state": "read"},
        {"receipt": "9" * 19, "state": "read"},
        {"receipt": "1", "state": "accepted"},
    ],
)
def test_what_is_no_receipt_ends_the_socket(api: Api, said: dict[str, object]) -> None:
    own = screen(api, "Nora")
    own.say(said)
    assert own.closed()[0] == 1008


async def test_what_the_store_does_not_take_is_due_still(options: ApiOptions, notifier: Notifier) -> None:
    ask(notifier)
    work_for(EVERYTHING)
    with valve(options.database_url) as way:
        data = Data(msgspec.structs.replace(options, database_url=way.url))
        await data.open()
        held = Screens()
        with held.waiting(1, asyncio.Event()) as mailbox:
            way.shut()
            held.announce(1)
            with pytest.raises(StoreError):
                await paging.serve(held, data.notices)
            assert mailbox.take() == []
            way.open()
            held.say(Said(1, 1, DeliveryState.DELIVERED))
            serving = asyncio.create_task(paging.serve(held, data.notices))
            while held.due.is_set():
                await asyncio.sleep(0.01)
            serving.cancel()
            assert [page.delivery_id for page in mailbox.take()] == [1]
        await data.close()
    assert states(notifier) == ["delivered"]
