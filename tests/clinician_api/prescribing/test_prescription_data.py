"""The store in the API's words: the last treatments that are over, whichever goes on."""

from __future__ import annotations

import asyncio

from store import pool, registry, treatments
from store.treatments import Treatment
from store.viewers import EVERYTHING, working_for
from tests.clinician_api.conftest import Api
from tests.clinician_api.prescribed import add_patient
from tests.evaluation.treated import DAY_US, START_US


def test_the_last_treatments_that_are_over_newest_first(api: Api) -> None:
    patient = add_patient(api)
    with pool.connect(api.database_url) as conn:
        unit = registry.unit_by_name(conn, "u-1").unit_id
        treatments.add(conn, [(unit, Treatment(START_US + 3 * DAY_US))], START_US, START_US)

    async def last(count: int) -> list[int]:
        with working_for(EVERYTHING):
            found = await api.services.data.prescriptions.last_treatments(patient, count)
        return [start_us for start_us, _ in found]

    for count, expected in ((10, [START_US + DAY_US, START_US]), (1, [START_US + DAY_US])):
        assert asyncio.run_coroutine_threadsafe(last(count), api.loop).result(10) == expected
