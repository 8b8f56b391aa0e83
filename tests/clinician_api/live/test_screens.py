"""Mailboxes of sockets: each person's own, each page once, bounded."""

from __future__ import annotations

import asyncio

from alerts.delivery import DeliveryState
from clinician_api.live import messages, screens
from clinician_api.live.screens import MAX_PAGES, Mailbox, Said, Screens, page_view
from store.screen_pages import ScreenPage
from tests.clinician_api.builders import NOW


def page(delivery: int, user: int = 1) -> ScreenPage:
    return ScreenPage(delivery, user, 7, "high", NOW)


async def test_every_socket_of_the_person_gets_it_once_and_nobody_else() -> None:
    held = Screens()
    wakes = [asyncio.Event() for _ in range(3)]
    with held.waiting(1, wakes[0]) as one, held.waiting(1, wakes[1]) as two, held.waiting(2, wakes[2]) as other:
        held.hand([page(5), page(5)])
        assert [wake.is_set() for wake in wakes] == [True, True, False]
        assert one.take() == two.take() == [page(5)]
        held.hand([page(5), page(6)])
        assert one.take() == [page(6)]
        assert other.take() == []
    held.hand([page(8)])  # nobody is there any more


async def test_who_comes_is_looked_up_and_so_is_everybody_when_something_may_have_been_missed() -> None:
    held = Screens()
    held.announce(4)
    assert not held.due.is_set(), "without a screen no delivery is looked at"
    with held.waiting(1, asyncio.Event()):
        assert (list(held.fresh), held.due.is_set()) == ([1], True)
        held.announce(4)
        held.announce(4)
        assert list(held.announced) == [4]
        held.fresh.clear()
        held.look_up_all()
        assert list(held.fresh) == [1]


async def test_a_screen_that_takes_nothing_keeps_the_newest() -> None:
    mailbox = Mailbox(asyncio.Event())
    for number in range(MAX_PAGES + 3):
        mailbox.put(page(number))
    assert [one.delivery_id for one in mailbox.take()] == list(range(3, MAX_PAGES + 3))
    for number in range(3 * MAX_PAGES):
        mailbox.put(page(number))
        mailbox.take()
    mailbox.put(page(MAX_PAGES))
    mailbox.put(page(0))
    assert [one.delivery_id for one in mailbox.take()] == [0], "what is long past is forgotten, nothing else"


async def test_what_is_said_is_kept_once_and_bounded() -> None:
    held = Screens()
    for number in range(screens.MAX_SAID + 2):
        held.say(Said(number, 1, DeliveryState.READ))
        held.say(Said(number, 1, DeliveryState.READ))
    assert len(held.said) == screens.MAX_SAID
    assert next(iter(held.said)).delivery_id == 2


def test_a_page_has_the_described_shape_and_nothing_of_the_patient() -> None:
    message = messages.PageMessage.model_validate(page_view(page(5), NOW))
    assert (message.delivery, message.notice_id, message.priority) == ("5", "7", "high")
    assert set(messages.PageMessage.model_fields) == {
        "type", "server_time", "delivery", "notice_id", "priority", "queued_at",
    }  # fmt: skip
