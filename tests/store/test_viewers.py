"""For whom a task works: nobody, unless somebody says so, and never for the one before."""

from __future__ import annotations

import asyncio

import pytest

from store.viewers import EVERYTHING, NOBODY, Viewer, current, work_for, working_for


@pytest.mark.parametrize(
    ("viewer", "settings"),
    [
        (NOBODY, ("", "", "")),
        (EVERYTHING, ("all", "", "")),
        (Viewer(12), ("12", "", "")),
        (Viewer(0), ("0", "", "")),
        (Viewer(1, patients=frozenset({10, 9})), ("1", "", "9,10")),
        (Viewer(1, by_team=True, patients=frozenset({9})), ("", "1", "9")),
    ],
)
def test_as_the_policies_read_it(viewer: Viewer, settings: tuple[str, str, str]) -> None:
    assert viewer.settings == settings


async def test_a_task_works_for_nobody_until_it_is_said_and_only_that_task() -> None:
    async def one(viewer: Viewer) -> Viewer:
        work_for(viewer)
        await asyncio.sleep(0)
        return current()

    assert current() is NOBODY
    assert await asyncio.gather(*(asyncio.create_task(one(Viewer(n))) for n in (1, 2))) == [Viewer(1), Viewer(2)]
    assert current() is NOBODY


async def test_for_a_block_and_the_tasks_begun_in_it() -> None:
    async def told() -> Viewer:
        return current()

    with working_for(EVERYTHING):
        task = asyncio.create_task(told())
        with working_for(Viewer(3)):
            assert current() == Viewer(3)
        assert current() is EVERYTHING
    assert (await task, current()) == (EVERYTHING, NOBODY)
