"""What the store is asked about notices: all or nothing, and nothing that is not so."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from alerts.delivery import DeliveryState
from alerts.escalation import People
from alerts.responsibility import Move
from alerts.shelving import ShelfKind
from clinician_api.alerting import notice_data
from clinician_api.alerting.alert_views import OF_ANOTHER
from clinician_api.alerting.notice_data import Eyes
from clinician_api.data import Data
from clinician_api.people.whose import Shown
from clinician_api.settings import ApiOptions
from evaluation.answering import Outcome
from store.alert_queries import ALL
from store.errors import StoreError
from store.viewers import EVERYTHING, work_for
from tests.clinician_api.conftest import Api
from tests.clinician_api.notified import Notifier


@pytest_asyncio.fixture
async def data(options: ApiOptions) -> AsyncIterator[Data]:
    work_for(EVERYTHING)
    opened = Data(options)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def notifier(api: Api) -> Notifier:
    """Nora is asked about an alert of u-1."""
    notifier = Notifier(api)
    notifier.people = People((notifier.user("Nora"),))
    api.raise_alert(api.add_unit("u-1", "Clinic 1"))
    notifier.settle()
    return notifier


async def test_an_answer_that_cannot_be_audited_is_none(data: Data, notifier: Notifier) -> None:
    with notifier.api.database() as conn:
        conn.execute("ALTER TABLE audit_event ADD CONSTRAINT never CHECK (false) NOT VALID")
    for deed in (
        data.notices.answer(1, Move.ACCEPT, 1, None),
        data.notices.shelve("1", ShelfKind.TIMED, 5, "known", 1),
        data.acknowledge("1", 1, None),
    ):
        with pytest.raises(StoreError):
            await deed
    assert notifier.rows("SELECT state, accepted_by FROM notice") == [("asking", None)]
    assert notifier.rows("SELECT count(*) FROM shelving_event") == [(0,)]
    assert notifier.rows("SELECT state FROM alert") == [("active, unacknowledged",)]


async def test_an_acceptance_lasts_by_the_database_s_clock(data: Data, notifier: Notifier) -> None:
    assert await data.notices.answer(1, Move.ACCEPT, 1, "on my way") is Outcome.DONE
    ((lasts,),) = notifier.rows("SELECT extract(epoch FROM accepted_until - clock_timestamp())::float FROM notice")
    assert 14 * 60 < lasts <= 15 * 60
    assert await data.notices.answer(99, Move.ACCEPT, 1, None) is Outcome.UNKNOWN


def eyes(of_home: Shown, *, alerts: bool = True) -> Eyes:
    return Eyes(lambda notice: of_home if notice.unit == "u-1" else Shown.NOTHING, lambda *_: alerts)


async def test_only_what_is_visible_is_read(data: Data, notifier: Notifier) -> None:
    now_us = 0
    (found,), _more, _beyond = await data.notices.all(1, ALL, eyes(Shown.WHOLE), only_open=True, now_us=now_us)
    assert [alert["alert_id"] for alert in found.view["alerts"]] == ["1"]
    (bare,), _more, _beyond = await data.notices.all(1, ALL, eyes(Shown.BARE), only_open=True, now_us=now_us)
    assert (bare.view["reason"], bare.view["alerts"][0]["told"]) == (OF_ANOTHER, "")
    assert "" not in (found.view["reason"], found.view["alerts"][0]["told"])
    assert await data.notices.all(1, ALL, eyes(Shown.NOTHING), only_open=False, now_us=now_us) == ([], None, False)
    (without,), _more, _beyond = await data.notices.all(
        1, ALL, eyes(Shown.WHOLE, alerts=False), only_open=True, now_us=now_us
    )
    assert without.view["alerts"] == []
    assert await data.notices.one(99, 1, eyes(Shown.WHOLE)) is None


async def test_a_screen_says_sent_once_and_only_of_its_own(data: Data, notifier: Notifier) -> None:
    (page,) = await data.notices.waiting_pages([1, 2])
    assert await data.notices.announced_pages([page.delivery_id, 99]) == [page]
    await data.notices.screen_said(page.delivery_id, 2, DeliveryState.SENT)
    assert await data.notices.waiting_pages([1]) == [page]
    for _ in range(2):
        await data.notices.screen_said(page.delivery_id, 1, DeliveryState.SENT)
    assert await data.notices.waiting_pages([1]) == [page], "asked still: a page may be loaded anew"
    assert notifier.rows("SELECT state FROM delivery_event ORDER BY event_id") == [("queued",), ("sent",)]
    assert notice_data.PAGE_WAITS_MIN == 10
