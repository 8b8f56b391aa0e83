"""The store in the API's words: who looked, and all of a list on record or none."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from clinician_api.data import Data
from clinician_api.settings import ApiOptions
from store import audit, pool
from store.audit import Deed
from store.errors import StoreError
from store.viewers import EVERYTHING, Viewer, work_for, working_for
from tests.clinician_api.conftest import Api


@pytest_asyncio.fixture
async def data(options: ApiOptions) -> AsyncIterator[Data]:
    work_for(EVERYTHING)
    opened = Data(options)
    await opened.open()
    yield opened
    await opened.close()


def deed(subject: str, **detail: object) -> Deed:
    return Deed(1, "user:1", "look at page", subject, detail)


async def test_all_of_a_list_or_none(data: Data, options: ApiOptions) -> None:
    with pool.connect(options.database_url) as conn:
        conn.execute("ALTER TABLE audit_event ADD CONSTRAINT never CHECK (subject <> 'patient:3') NOT VALID")
        with pytest.raises(StoreError):
            await data.record.write_down([deed("patient:2"), deed("patient:3")])
        assert audit.verify(conn).count == 0
        await data.record.write_down([deed("patient:2"), deed("patients: 2", patients=[2, 4])])
        assert audit.verify(conn).count == 2
    assert [row.event_id for row in await data.record.who_looked(2, None, 9)] == [2, 1]
    assert [row.event_id for row in await data.record.who_looked(2, 2, 9)] == [1]
    assert [row.event_id for row in await data.record.who_looked(4, None, 9)] == [2]


async def test_behind_the_wall_the_record_is_of_one_s_own_patients(api: Api, data: Data) -> None:
    for clinic in (1, 2):
        api.add_unit(f"u-{clinic}", f"Clinic {clinic}", f"Patient of {clinic}")
    await data.record.write_down([deed("patient:1"), deed("patient:2")])
    with working_for(Viewer(1)):
        assert await data.record.clinic_of_patient(1) == (1,)
        assert await data.record.clinic_of_patient(2) is None
        assert [len(await data.record.who_looked(n, None, 9)) for n in (1, 2)] == [1, 0]
