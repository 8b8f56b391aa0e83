"""Proposals and their outcomes: append-only, one outcome each, and the database's own word on who may sign."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from store import patients, pool, prescriptions, registry
from store.errors import StoreError
from store.patients import Prescription
from store.pool import Connection, Pool
from store.prescriptions import IN_FORCE, REJECTED, WITHDRAWN, NewProposal, Replay
from store.viewers import EVERYTHING, Viewer, working_for
from telemetry.care import Limits, Prescribed
from tests.store.conftest import NOW_US

HOUR_US = 3_600_000_000
CONTENTS = [Limits(rule="R13", limits={"high": 320.0}), Prescribed(item="prescribed_spktv", value=None)]


@pytest_asyncio.fixture
async def opened(conn: Connection, database_url: str) -> AsyncIterator[Pool]:
    """Behind the wall; patient 1 of clinic 1, persons 1 and 2."""
    unit = registry.add_unit(conn, "Home", "North", NOW_US, name="u-1")
    patients.bind(conn, unit.unit_id, patients.add_patient(conn, "Ann", 1, Prescription(prescribed_spktv=1.4)), NOW_US)
    for number in (1, 2):
        conn.execute(
            "INSERT INTO user_account (email, name, role, clinic_id, password_hash, created_at)"
            " VALUES (%s, %s, 'nephrologist', 1, '', now())",
            [f"n{number}@example.org", f"Dr {number}"],
        )
    made = await pool.open_pool(database_url, size=2, walled=True)
    with working_for(EVERYTHING):
        yield made
    await made.close()


async def propose(opened: Pool, verdict: str = "dangerous widening", **change: Any) -> int:
    new = {
        "patient_id": 1, "based_on": 0, "contents": CONTENTS, "changes": [{"name": "high"}], "verdict": verdict,
        "reason": "narrow graft", "replay_id": None, "user_id": 1, "now_us": NOW_US,
        "expires_us": NOW_US + 24 * HOUR_US,
    }  # fmt: skip
    async with opened.transaction() as conn:
        return await prescriptions.propose(conn, NewProposal(**{**new, **change}))


async def settle(opened: Pool, number: int, outcome: str, user: int, at_us: int = NOW_US + 1) -> None:
    async with opened.transaction() as conn:
        await prescriptions.settle(conn, number, outcome, user, at_us, "why")


async def test_a_proposal_comes_back_as_it_was_made(opened: Pool) -> None:
    async with opened.transaction() as conn:
        replay = Replay(1, 1, {"limits": {"R13": {"high": 320.0}}}, 2, {"treatments": 2}, NOW_US)
        seen = await prescriptions.add_replay(conn, replay)
        assert await prescriptions.replay(conn, seen) == replay
        assert await prescriptions.replay(conn, seen + 1) is None
    number = await propose(opened, replay_id=seen)
    async with opened.connection() as conn:
        found = await prescriptions.proposal(conn, number)
        assert await prescriptions.proposals(conn, 1, 10) == [found]
        assert await prescriptions.waiting(conn, NOW_US, 0, 10) == [found]
        assert await prescriptions.waiting(conn, NOW_US, number, 10) == []
        assert await prescriptions.waiting(conn, NOW_US + 24 * HOUR_US, 0, 10) == []
    assert found is not None
    assert (found.patient, found.unit, found.proposer, found.outcome) == ("Ann", "u-1", "Dr 1", None)
    assert (found.contents, found.summary, found.is_overtaken) == (tuple(CONTENTS), {"treatments": 2}, False)


async def test_what_two_people_signed_is_told_apart_from_what_one_did(opened: Pool) -> None:
    for verdict, signer in (("widening", 1), ("dangerous widening", 2)):
        number = await propose(opened, verdict)
        await settle(opened, number, IN_FORCE, signer)
        async with opened.transaction() as conn:
            found = await prescriptions.proposal(conn, number)
            assert found is not None
            await prescriptions.arrange(conn, found, "user:1", NOW_US + signer)
    async with opened.connection() as conn:
        patient = await prescriptions.patient(conn, 1)
    assert patient is not None
    assert [one.since_us for one in patient.arranged] == [NOW_US + 1, NOW_US + 1, NOW_US + 2, NOW_US + 2]
    assert patient.signed == patient.arranged[2:]


async def test_what_is_arranged_by_it_is_history_with_its_signer(opened: Pool) -> None:
    number = await propose(opened)
    await settle(opened, number, IN_FORCE, 2)
    async with opened.transaction() as conn:
        found = await prescriptions.proposal(conn, number)
        assert found is not None
        await prescriptions.arrange(conn, found, "user:1", NOW_US + 1)
        spktv, limits = await prescriptions.history(conn, 1, None, 10)
        assert [step.number for step in await prescriptions.history(conn, 1, spktv.number, 10)] == [limits.number]
        patient = await prescriptions.patient(conn, 1)
        assert await prescriptions.patient(conn, 2) is None
    assert (limits.content, limits.name, limits.signer, limits.signed_us) == (CONTENTS[0], "Dr 1", "Dr 2", NOW_US + 1)
    assert patient is not None
    assert (patient.version, [one.content for one in patient.arranged]) == (spktv.number, CONTENTS)
    assert patient.entered_with.prescribed_spktv == 1.4


@pytest.mark.parametrize(
    ("verdict", "outcome", "user", "at_us"),
    [
        ("dangerous widening", IN_FORCE, 1, NOW_US), ("widening", IN_FORCE, 2, NOW_US),
        ("dangerous widening", IN_FORCE, 2, NOW_US + 24 * HOUR_US), ("dangerous widening", REJECTED, 1, NOW_US),
        ("dangerous widening", WITHDRAWN, 2, NOW_US), ("dangerous widening", "forgotten", 2, NOW_US),
    ],
)  # fmt: skip
async def test_the_database_refuses_an_outcome_that_must_not_be(
    opened: Pool, verdict: str, outcome: str, user: int, at_us: int
) -> None:
    number = await propose(opened, verdict)
    with pytest.raises(StoreError):
        await settle(opened, number, outcome, user, at_us)


async def test_one_outcome_only_and_nothing_is_ever_changed(opened: Pool, conn: Connection) -> None:
    number = await propose(opened)
    await settle(opened, number, REJECTED, 2)
    with pytest.raises(StoreError):
        await settle(opened, number, IN_FORCE, 2)
    for table in ("prescription_replay", "prescription_proposal", "prescription_outcome"):
        with pytest.raises(Exception, match="append-only"):
            conn.execute(f"DELETE FROM {table}")


async def test_another_clinic_sees_and_writes_nothing(opened: Pool) -> None:
    number = await propose(opened)
    with working_for(Viewer(2)):
        async with opened.connection() as conn:
            assert await prescriptions.proposal(conn, number) is None
            assert await prescriptions.patient(conn, 1) is None
        with pytest.raises(StoreError):
            await propose(opened)
