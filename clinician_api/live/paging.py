"""Works off what is due about pages on screens. What the store did not take is due still."""

from __future__ import annotations

from clinician_api.alerting.notice_data import NoticeData
from clinician_api.live.screens import Screens


async def serve(screens: Screens, data: NoticeData) -> None:
    """For ever; StoreError when the store is away: to be called again."""
    while True:
        await screens.due.wait()
        await work_off(screens, data)
        if not (screens.announced or screens.fresh or screens.said):
            screens.due.clear()


async def work_off(screens: Screens, data: NoticeData) -> None:
    """Pages first: every second counts for them. Then one receipt, so that no page waits for many of those."""
    if announced := list(screens.announced):
        screens.hand(await data.announced_pages(announced))
        _strike(screens.announced, announced)
    if fresh := list(screens.fresh):
        screens.hand(await data.waiting_pages(fresh))
        _strike(screens.fresh, fresh)
    if screens.said:
        said = next(iter(screens.said))
        await data.screen_said(said.delivery_id, said.user_id, said.state)
        screens.said.pop(said, None)


def _strike(due: dict[int, None], done: list[int]) -> None:
    for number in done:
        due.pop(number, None)
