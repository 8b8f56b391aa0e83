"""What the API asks of the store about notices, shelves and pages: the part of `clinician_api.data` for those."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from alerts.delivery import TABLE, DeliveryState
from alerts.responsibility import Move
from alerts.shelving import ShelfKind
from clinician_api.alerting.notice_views import delivery_view, event_view, notice_view, step_view, without_reasons
from clinician_api.live.views import View
from clinician_api.people.whose import Seen, Shown
from clinician_api.web import cursors
from evaluation import answering, setting_aside
from evaluation.setting_aside import Look
from store import audit, notice_answers, notice_queries, pool, screen_pages
from store.alert_queries import RECENT_LIMIT, Clinic
from store.audit import Deed
from store.notice_queries import AlertOfNotice, StandingNotice
from store.screen_pages import ScreenPage
from store.viewers import EVERYTHING, working_for
from telemetry.alarms import Priority

# As for alerts: what has changed within a day.
RECENT_US: Final = 24 * 3600 * 1_000_000
# Whoever opens a screen later than this after a page learns of it by the work list, and by the steps that followed.
PAGE_WAITS_MIN: Final = 10


@dataclass(frozen=True, slots=True)
class Eyes:
    """How much somebody sees of a notice, and which of its alerts."""

    notice: Callable[[StandingNotice], Shown]
    alert: Callable[[StandingNotice, AlertOfNotice], bool]


@dataclass(frozen=True, slots=True)
class SeenNotice:
    """A notice, and its `NoticeView` for a person."""

    notice: StandingNotice
    view: View


@dataclass(frozen=True, slots=True)
class NoticeAsView(SeenNotice):
    """How much of it that person sees, too. `addressed`: they were asked about it."""

    shown: Shown
    addressed: bool


class NoticeData:
    """Beside `Data`, on its pool. Every method may raise StoreError, which becomes a 503."""

    def __init__(self, opened: Callable[[], pool.Pool], title: Callable[[str], str]) -> None:
        self._opened = opened
        self._title = title

    async def all(
        self,
        user_id: int,
        of: Clinic,
        eyes: Eyes,
        *,
        only_open: bool,
        now_us: int,
        after: cursors.Key | None = None,
        limit: int = cursors.MAX_LIMIT,
    ) -> tuple[list[SeenNotice], str | None, bool]:
        """Visible notices of a clinic, and of no home: open ones, high priority first; or also what changed in the last
        day.

        Those beyond `after`, where more of them begin, and whether more changed than RECENT_LIMIT, which are left out.
        """
        async with self._opened().connection() as conn:
            if only_open:
                found = await notice_queries.standing(conn, of)
            else:
                found = await notice_queries.recent(conn, now_us - RECENT_US, RECENT_LIMIT + 1, of)
            beyond = not only_open and len(found) > RECENT_LIMIT
            found = found[:RECENT_LIMIT] if beyond else found
            place = _by_priority if only_open else _by_change
            there = (notice for notice in found if eyes.notice(notice) is not Shown.NOTHING)
            seen, more = cursors.part(there, place, after, limit)
            alerts = await notice_queries.alerts_of(conn, [notice.notice_id for notice in seen], also_over=False)
        by_notice: defaultdict[int, list[AlertOfNotice]] = defaultdict(list)
        for alert in alerts:
            by_notice[alert.notice_id].append(alert)
        views = [SeenNotice(one, self._view(one, by_notice[one.notice_id], eyes, user_id)) for one in seen]
        return views, more, beyond

    async def one(self, notice_id: int, user_id: int, eyes: Eyes) -> NoticeAsView | None:
        """One notice, with its alerts that are seen, or None. Whether it is seen itself is for the caller to say."""
        async with self._opened().connection() as conn:
            notice = await notice_queries.by_id(conn, notice_id)
            alerts = await notice_queries.alerts_of(conn, [notice_id], also_over=True)
            addressed = await notice_queries.is_addressed(conn, notice_id, user_id)
        if notice is None:
            return None
        return NoticeAsView(notice, self._view(notice, alerts, eyes, user_id), eyes.notice(notice), addressed)

    async def of_delivery(self, delivery_id: int) -> int | None:
        """The notice a delivery is of, or None."""
        async with self._opened().connection() as conn:
            return await notice_queries.of_delivery(conn, delivery_id)

    async def record(self, notice_id: int, seen: Seen) -> View:
        """Its history, steps and deliveries, of a `NoticeDetail`, as far as they are of a time that is `seen`."""
        async with self._opened().connection() as conn:
            history = await notice_queries.history(conn, notice_id)
            steps = await notice_queries.steps(conn, notice_id)
            deliveries = await notice_queries.deliveries(conn, notice_id)
        return {
            "history": [event_view(event) for event in history if seen.covers(event.at_us)],
            "steps": [step_view(step) for step in steps if seen.covers(step.due_us)],
            "deliveries": [delivery_view(sent) for sent in deliveries if seen.covers(sent.queued_us)],
        }

    def _view(self, notice: StandingNotice, alerts: Sequence[AlertOfNotice], eyes: Eyes, user_id: int) -> View:
        view = notice_view(notice, [one for one in alerts if eyes.alert(notice, one)], self._title, user_id)
        return without_reasons(view) if eyes.notice(notice) is Shown.BARE else view

    async def answer(self, notice_id: int, move: Move, user_id: int, note: str | None) -> answering.Outcome:
        """A person's word: of several who accept at once exactly one outcome is DONE, and all are on record."""
        async with self._opened().transaction() as conn:
            now_us = await notice_answers.database_us(conn)
            answer = await answering.answer(conn, notice_id, move, user_id, now_us, note or "")
            await _write_down(conn, now_us, user_id, f"{move} notice", f"notice:{notice_id}", answer.outcome)
            return answer.outcome

    async def shelve(
        self, alert_id: str, kind: ShelfKind, minutes: float | None, reason: str, user_id: int,
        unchanged: Look | None = None,
    ) -> setting_aside.Outcome:  # fmt: skip
        """Set an alert's rule aside for its unit; ValueError says what is wrong with kind, minutes or reason.

        `unchanged` looks at the alert as it stands and raises what is to be raised when that is not as was thought.
        """
        async with self._opened().transaction() as conn:
            now_us = await notice_answers.database_us(conn)
            outcome = await setting_aside.shelve(conn, int(alert_id), kind, minutes, reason, user_id, now_us, unchanged)
            await _write_down(conn, now_us, user_id, "shelve alert", f"alert:{alert_id}", outcome)
            return outcome

    async def bring_back(self, alert_id: str, user_id: int, unchanged: Look | None = None) -> None:
        """What is set aside of the alert's rule and unit counts again; nothing happens where nothing is."""
        async with self._opened().transaction() as conn:
            now_us = await notice_answers.database_us(conn)
            outcome = await setting_aside.bring_back(conn, int(alert_id), user_id, now_us, unchanged)
            await _write_down(conn, now_us, user_id, "unshelve alert", f"alert:{alert_id}", outcome)

    # Pages

    async def announced_pages(self, delivery_ids: Sequence[int]) -> list[ScreenPage]:
        """Those of these new deliveries that are for screens and still wait for somebody."""
        async with self._opened().connection() as conn:
            return await screen_pages.announced(conn, delivery_ids)

    async def waiting_pages(self, user_ids: Sequence[int]) -> list[ScreenPage]:
        """What these people are asked on screens, of the last ten minutes, and nobody has answered: also again."""
        async with self._opened().connection() as conn:
            return await screen_pages.waiting(conn, user_ids, PAGE_WAITS_MIN)

    async def screen_said(self, delivery_id: int, user_id: int, state: DeliveryState) -> None:
        """A screen of a person has a page; of somebody else's page nothing is taken."""
        async with self._opened().connection() as conn:
            before = _leads_to(state)
            await screen_pages.advance(conn, delivery_id, state, before, "by the screen", user_id=user_id)

    async def device_said(self, receipt: str, state: DeliveryState) -> bool:
        """A device has a message; false where nobody's receipt is this. Said twice or too late it changes nothing."""
        # The word itself is the permission, and of any clinic's.
        with working_for(EVERYTHING):
            return await self._device_said(receipt, state)

    async def _device_said(self, receipt: str, state: DeliveryState) -> bool:
        async with self._opened().transaction() as conn:
            delivery_id = await screen_pages.of_receipt(conn, receipt)
            if delivery_id is not None:
                await screen_pages.advance(conn, delivery_id, state, _leads_to(state), "by the device")
            return delivery_id is not None


def _by_priority(notice: StandingNotice) -> cursors.Key:
    return -Priority(notice.priority).rank, -notice.opened_us, -notice.notice_id


def _by_change(notice: StandingNotice) -> cursors.Key:
    return 0, -notice.changed_us, -notice.notice_id


def _leads_to(state: DeliveryState) -> Collection[str]:
    return [before for before, receipts in TABLE.items() if state in receipts]


async def _write_down(
    conn: pool.AsyncConnection, now_us: int, user_id: int, action: str, subject: str, outcome: str
) -> None:
    await audit.aappend(conn, Deed(now_us, audit.person(user_id), action, subject, {"outcome": str(outcome)}))
