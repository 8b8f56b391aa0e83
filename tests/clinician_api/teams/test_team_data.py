"""What the API asks of the store about teams: who is on duty, what is read, and that a change is whole or none."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from clinician_api.access import Role
from clinician_api.teams.team_data import on_duty_of
from store import teams
from store.pool import Connection
from telemetry.clock import SystemClock
from tests.clinician_api.conftest import Api
from tests.clinician_api.rotas import Duty
from tests.clinician_api.teams.world import World


def test_who_is_on_duty_is_who_is_named_now_and_nobody_of_a_zone_unknown_here(api: Api) -> None:
    duty = Duty(api)
    number = duty.person(1, "Dora")
    duty.weekly(1, "Dora")
    now_us = SystemClock().now_us()
    book, _, _ = asyncio.run_coroutine_threadsafe(api.services.data.duty.everything(now_us), api.loop).result(5)
    assert on_duty_of(book, 1, now_us) == {number}
    assert on_duty_of(book, 2, now_us) == frozenset()
    nowhere = replace(book, rotas=tuple(replace(one, zone="Nowhere/Land") for one in book.rotas))
    assert on_duty_of(nowhere, 1, now_us) == frozenset()


def test_a_change_is_whole_or_none(api: Api) -> None:
    world = World(api)

    def work(conn: Connection) -> None:
        teams.add(conn, 1, "half", SystemClock().now_us())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run_coroutine_threadsafe(api.services.data.teams.change(work), api.loop).result(5)
    found = api.sign_in(Role.ADMINISTRATOR, 1).get("/api/teams").json()["teams"]
    assert [one["name"] for one in found] == list(world.teams)
