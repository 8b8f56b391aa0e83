"""One question at a time in a process of its own, which does not outlive its time."""

from __future__ import annotations

import asyncio

import pytest

from clinician_api.treatments.what_if import Busy, TooLong, WhatIf, WhatIfAnswer
from store import patients, pool, registry
from store.patients import Prescription
from telemetry.errors import HomehdError
from tests.evaluation.treated import DAY_US, START_US, treated

SPAN = (START_US, START_US + 30 * DAY_US)


@pytest.fixture
def patient(database_url: str) -> int:
    """One treated three times, with ever higher venous pressure."""
    with pool.connect(database_url) as conn:
        unit = registry.add_unit(conn, "Home 1", None, START_US, name="u1").unit_id
        number = patients.add_patient(conn, "Ann", None, Prescription())
        patients.bind(conn, unit, number, START_US - 1)
        for day, level in enumerate((150.0, 262.0, 310.0)):
            treated(conn, unit, day, [150.0] * 100 + [level] * 60)
    return number


async def test_an_answer_and_the_loop_goes_on_meanwhile(database_url: str, patient: int) -> None:
    asks = WhatIf(database_url)
    own = asks.checked({"R13": {"high": 320.0, "medium": 305.0}})
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    beating = asyncio.create_task(beat())
    told = await asks.ask(patient, *SPAN, own)
    beating.cancel()
    assert beats > 5
    assert (told.treatments, told.alerts.old, told.alerts.new, told.not_judged) == (3, 2, 1, ["R33"])
    (venous,) = (rule for rule in told.rules if rule.rule == "R13")
    assert [(one.treatment_id, one.priority) for one in venous.gone] == [("2", "medium")]
    assert [(one.old.priority, one.new.priority) for one in venous.changed] == [("high", "medium")]


async def test_one_at_a_time_and_free_again_after_an_end_of_any_kind(database_url: str, patient: int) -> None:
    asks = WhatIf(database_url)
    first = asyncio.create_task(asks.ask(patient, *SPAN, {}))
    await asyncio.sleep(0.05)
    with pytest.raises(Busy):
        await asks.ask(patient, *SPAN, {})
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert isinstance(await asks.ask(patient, *SPAN, {}), WhatIfAnswer)


async def test_what_takes_too_long_is_ended(database_url: str, patient: int) -> None:
    asks = WhatIf(database_url, within_s=0)
    with pytest.raises(TooLong):
        await asks.ask(patient, *SPAN, {})


async def test_a_database_that_is_not_there_is_told_without_its_password() -> None:
    asks = WhatIf("postgresql://ann:hunter2@127.0.0.1:9/homehd")
    with pytest.raises(HomehdError, match=r"127\.0\.0\.1") as caught:
        await asks.ask(1, *SPAN, {})
    assert "hunter2" not in caught.value.line()


def test_limits_are_checked_before_anything_is_asked() -> None:
    with pytest.raises(ValueError, match="R13 high: 150 to 600"):
        WhatIf("postgresql://").checked({"R13": {"high": 42.0}})
