from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from clinician_api.duty.channel_data import GONE_SHOWN_US, ChannelData, Refused
from clinician_api.duty.channel_views import address
from store import channels
from store.own_channels import OwnChannel
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import Api
from tests.clinician_api.devices import KEY, set_up, subscription
from tests.clinician_api.notified import Notifier

T = TypeVar("T")


def ask(api: Api, deed: Callable[[ChannelData], Awaitable[T]]) -> T:
    async def done() -> T:
        return await deed(api.services.data.channels)

    return asyncio.run_coroutine_threadsafe(done(), api.loop).result(10)


def added(api: Api, user: int, key: str = KEY) -> OwnChannel | Refused:
    body = subscription()
    text = address(body["endpoint"], body["keys"])
    return ask(
        api,
        lambda data: data.add_push(
            user, text, "push://push.example.net", key=key, label="Phone", language="en", replaces=None
        ),
    )


def test_a_key_that_changed_refuses_subscriptions_for_the_one_before(api: Api) -> None:
    user = Notifier(api).user("Ada")
    assert added(api, user) is Refused.NOT_SET_UP
    set_up(api)
    assert isinstance(added(api, user), OwnChannel)
    set_up(api, "B" * 87)
    assert added(api, user) is Refused.OTHER_KEY
    assert ask(api, lambda data: data.push_key()) == "B" * 87


def test_what_is_gone_is_shown_for_a_month(api: Api) -> None:
    set_up(api)
    user = Notifier(api).user("Ada")
    one = added(api, user)
    assert isinstance(one, OwnChannel)
    for age_us, shown in ((GONE_SHOWN_US - 60_000_000, [one.channel_id]), (GONE_SHOWN_US + 60_000_000, [])):
        with api.database() as conn:
            conn.execute("UPDATE channel SET disabled_at = NULL, disabled_why = '' WHERE kind = 'web push'")
            channels.disable(conn, one.channel_id, "gone", SystemClock().now_us() - age_us)
        _, found = ask(api, lambda data: data.all(user))
        assert [channel.channel_id for channel in found if channel.kind == "web push"] == shown


def test_nothing_of_others_is_found(api: Api) -> None:
    set_up(api)
    notifier = Notifier(api)
    ada, ben = notifier.user("Ada"), notifier.user("Ben")
    one = added(api, ada)
    assert isinstance(one, OwnChannel)
    assert ask(api, lambda data: data.test(ben, one.channel_id)) is Refused.UNKNOWN
    assert ask(api, lambda data: data.remove(ben, one.channel_id)) is Refused.UNKNOWN
    assert ask(api, lambda data: data.test(ada, one.channel_id)) is None
    assert ask(api, lambda data: data.test(ada, one.channel_id)) is Refused.BUSY
    assert ask(api, lambda data: data.remove(ada, one.channel_id)) is False
