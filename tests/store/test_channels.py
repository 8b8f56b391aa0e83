from __future__ import annotations

import pytest

from store import channels
from store.errors import StoreError, Trouble
from store.pool import Connection
from tests.store.told import NOW_US, person, way


def test_whoever_has_an_account_has_a_screen(conn: Connection) -> None:
    user = person(conn)
    (screen,) = channels.of(conn, [user])
    assert (screen.kind, screen.tier, screen.address, screen.disabled_us) == ("screen", 1, "", None)


def test_a_channel_is_there_once_until_it_is_gone(conn: Connection) -> None:
    user = person(conn)
    first = way(conn, user)
    with pytest.raises(StoreError) as caught:
        way(conn, user)
    assert caught.value.trouble is Trouble.CONFLICT
    channels.note_tested(conn, first, NOW_US + 1)
    channels.disable(conn, first, "410 gone", NOW_US + 2)
    channels.disable(conn, first, "another reason", NOW_US + 3)
    second = way(conn, user)
    found = {one.channel_id: one for one in channels.of(conn, [user])}
    assert (found[first].tested_us, found[first].disabled_us, found[first].disabled_why) == (
        NOW_US + 1,
        NOW_US + 2,
        "410 gone",
    )
    assert found[second].disabled_us is None and found[second].host == "127.0.0.1"
