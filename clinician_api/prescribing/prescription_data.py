"""What the API asks of the store about prescriptions: the part of `clinician_api.data` for those."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from alerts.ruleset import Ruleset
from evaluation import prescribing
from evaluation.prescribing import Request
from store import notice_answers, pool, prescriptions, treatment_queries
from store.pool import AsyncConnection
from store.prescriptions import Patient, Proposal, Replay, Step

_LAST_US = 2**62


@dataclass(frozen=True, slots=True)
class Standing:
    """A patient with their newest proposals, at a moment of the database's clock."""

    patient: Patient
    proposals: list[Proposal]
    now_us: int


class PrescriptionData:
    """Beside `Data`, on its pool. Every method may raise StoreError, which becomes a 503."""

    def __init__(self, opened: Callable[[], pool.Pool]) -> None:
        self._opened = opened

    async def standing(self, patient_id: int) -> Standing | None:
        """How things stand for a patient; None where there is none to be seen."""
        async with self._opened().transaction() as conn:
            patient = await prescriptions.patient(conn, patient_id)
            if patient is None:
                return None
            found = await prescriptions.proposals(conn, patient_id, prescribing.SHOWN)
            return Standing(patient, found, await notice_answers.database_us(conn))

    async def history(self, patient_id: int, before: int | None, limit: int) -> list[Step]:
        """What was arranged, the newest first."""
        async with self._opened().connection() as conn:
            return await prescriptions.history(conn, patient_id, before, limit)

    async def last_treatments(self, patient_id: int, count: int) -> list[tuple[int, int]]:
        """Beginning and end of the last treatments that are over, the newest first."""
        async with self._opened().connection() as conn:
            # One of them may go on.
            found = await treatment_queries.of_patient(conn, patient_id, 0, _LAST_US, count + 1)
        ended = [(one.treatment.start_us, one.treatment.end_us) for one in found]
        return [(start_us, end_us) for start_us, end_us in ended if end_us is not None][:count]

    async def keep_replay(self, replay: Replay) -> int:
        """Keep what somebody was shown; its number."""
        async with self._opened().transaction() as conn:
            return await prescriptions.add_replay(conn, replay)

    async def propose(
        self, rules: Ruleset, request: Request, look: Callable[[Patient, list[Proposal], int], None]
    ) -> int:  # fmt: skip
        """As `evaluation.prescribing.propose`; `look` is told the time, too."""
        async with self._opened().transaction() as conn:
            await prescriptions.alone(conn, request.patient_id)
            now_us = await notice_answers.database_us(conn)
            return await prescribing.propose(
                conn, rules, request, lambda patient, seen: look(patient, seen, now_us), now_us
            )

    async def proposal(self, proposal_id: int) -> Proposal | None:
        """One proposal."""
        async with self._opened().connection() as conn:
            return await prescriptions.proposal(conn, proposal_id)

    async def settle(self, proposal: Proposal, work: Callable[[AsyncConnection, int], Awaitable[None]]) -> None:
        """Sign, reject or withdraw: `work` is told the time, and is alone for the patient."""
        async with self._opened().transaction() as conn:
            await prescriptions.alone(conn, proposal.patient_id)
            await work(conn, await notice_answers.database_us(conn))

    async def waiting(self, after: int, limit: int) -> tuple[list[Proposal], int]:
        """Proposals that wait for a signature beyond that number, oldest first, and the time."""
        async with self._opened().transaction() as conn:
            now_us = await notice_answers.database_us(conn)
            return await prescriptions.waiting(conn, now_us, after, limit), now_us
