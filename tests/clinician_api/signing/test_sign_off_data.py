"""The store in the API's words: how far the queue is looked through, and ids that cannot be."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from clinician_api.access import Role, scope_of
from clinician_api.data import Data
from clinician_api.settings import ApiOptions
from clinician_api.signing import sign_off_data
from clinician_api.signing.sign_off_data import number
from clinician_api.teams.sight import Sight
from store.viewers import EVERYTHING, Viewer, work_for, working_for
from tests.clinician_api.conftest import Api
from tests.clinician_api.signing_world import Clinic


@pytest_asyncio.fixture
async def data(options: ApiOptions) -> AsyncIterator[Data]:
    work_for(EVERYTHING)
    opened = Data(options)
    await opened.open()
    yield opened
    await opened.close()


async def test_the_newest_are_looked_through_and_it_is_said_that_there_are_more(
    api: Api, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Clinic(api)
    treated = [home.treat() for _ in range(3)]
    found, beyond = await data.sign_offs.queue(scope_of(Role.NURSE, 1), home.now_us)
    assert ([one.evidence.found.treatment_id for one in found], beyond) == (treated, False)
    monkeypatch.setattr(sign_off_data, "MAX_QUEUE", 2)
    found, beyond = await data.sign_offs.queue(scope_of(Role.NURSE, 1), home.now_us)
    assert ([one.evidence.found.treatment_id for one in found], beyond) == (treated[:2], True)
    assert await data.sign_offs.queue(scope_of(Role.NURSE, 2), home.now_us) == ([], False)
    assert await data.sign_offs.queue(scope_of(Role.NURSE, 1), home.now_us, 2**40) == ([], False)
    with working_for(Viewer(2)):
        # The second wall, whatever the first one asks for.
        assert await data.sign_offs.queue(scope_of(Role.ADMINISTRATOR, None), home.now_us) == ([], False)
        assert await data.sign_offs.one(treated[0]) is None


async def test_what_one_sees_by_team_is_all_of_the_queue_and_is_shared_with_no_other_sight(
    api: Api, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Clinic(api)
    treated = home.treat()
    whole, nobody = scope_of(Role.NURSE, 1), scope_of(Role.NURSE, 1, Sight(by_team=True))
    found, _ = await data.sign_offs.queue(whole, home.now_us)
    assert [one.evidence.found.treatment_id for one in found] == [treated]
    # Whatever the second wall lets through.
    assert await data.sign_offs.queue(nobody, home.now_us) == ([], False)
    (again,), _ = await data.sign_offs.queue(whole, home.now_us)
    assert again is found[0]
    (other,), _ = await data.sign_offs.queue(scope_of(Role.ADMINISTRATOR, None), home.now_us)
    assert other is not again
    monkeypatch.setattr(sign_off_data, "MAX_VIEWERS", 1)
    await data.sign_offs.queue(nobody, home.now_us)
    await data.sign_offs.queue(scope_of(Role.NURSE, 2), home.now_us)
    (judged_anew,), _ = await data.sign_offs.queue(whole, home.now_us)
    assert judged_anew is not again


def test_numbers() -> None:
    assert number("7") == 7
    assert number("9" * 19) is None
