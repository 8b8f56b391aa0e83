"""The beat at which screens are woken."""

from __future__ import annotations

import asyncio

from clinician_api.live.hub import Hub
from clinician_api.live.pump import Pump
from clinician_api.live.room import Room
from tests.clinician_api.builders import NOW


async def test_a_publication_wakes_every_screen_and_only_when_something_changed() -> None:
    room = Room(NOW)
    pump = Pump(Hub(room, 3.0))
    first, second = asyncio.Event(), asyncio.Event()
    with pump.waking(first), pump.waking(second):
        pump.publish()
        assert not first.is_set()
        room.resynchronise()
        pump.publish()
        assert first.is_set()
        assert second.is_set()
    first.clear()
    room.resynchronise()
    pump.publish()
    assert not first.is_set(), "a screen that left is not woken"


async def test_it_publishes_ten_times_a_second() -> None:
    room = Room(NOW)
    hub = Hub(room, 3.0)
    pump = Pump(hub)
    task = asyncio.create_task(pump.run())
    wake = asyncio.Event()
    with pump.waking(wake):
        room.resynchronise()
        await asyncio.wait_for(wake.wait(), 1.0)
    task.cancel()
