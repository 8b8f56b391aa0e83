"""What is read of duty, and that a change has its own connection, which is closed whatever comes of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from clinician_api.duty import duty_views
from clinician_api.duty.duty_data import DutyData
from clinician_api.live.duty_board import DutySeen
from store import pool
from store.errors import StoreError, Trouble
from store.pool import Connection
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import Api
from tests.clinician_api.rotas import Duty


async def test_what_is_read_is_what_is_stored(database_url: str) -> None:
    opened = await pool.open_pool(database_url)
    try:
        data = DutyData(lambda: opened, database_url)
        seen = await data.read(SystemClock().now_us())
        assert (dict(seen.clinics), seen.selftest["state"]) == ({}, "never")
    finally:
        await opened.close()


def test_who_was_tested_more_than_a_week_ago_is_untested(api: Api) -> None:
    duty = Duty(api)
    ann = duty.person(1, "Ann")
    duty.tested(ann)
    data, now_us = api.services.data.duty, SystemClock().now_us()

    def tested(at_us: int) -> frozenset[int]:
        return asyncio.run_coroutine_threadsafe(data.everything(at_us), api.loop).result(10)[1]

    assert tested(now_us) == {ann} and tested(now_us + 8 * 86_400_000_000) == frozenset()


async def test_a_change_that_fails_leaves_no_connection(database_url: str) -> None:
    kept: list[Connection] = []

    def fail(conn: Connection) -> None:
        kept.append(conn)
        raise StoreError("change", "it", trouble=Trouble.CONFLICT)

    with pytest.raises(StoreError):
        await DutyData(lambda: None, database_url).change(fail)  # type: ignore[arg-type,return-value]
    assert kept[0].closed


async def test_what_has_not_changed_is_worked_out_once_a_minute_and_a_change_at_once(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    duty = Duty(api)
    duty.weekly(1, "Ann", "Bob")
    opened = await pool.open_pool(api.database_url)
    try:
        data, worked, view = DutyData(lambda: opened, api.database_url), [0], duty_views.duty

        def counted(*asked: Any) -> DutySeen:
            worked[0] += 1
            return view(*asked)

        monkeypatch.setattr(duty_views, "duty", counted)
        minute = SystemClock().now_us() // 60_000_000 * 60_000_000
        first, again = await data.read(minute), await data.read(minute + 59_000_000)
        assert (first, worked, first.order < again.order) == (again, [1], True)
        await data.read(minute + 60_000_000)
        assert worked == [2]
        duty.nobody(1)
        changed = await data.read(minute + 61_000_000)
        assert worked == [3] and changed != first
    finally:
        await opened.close()
