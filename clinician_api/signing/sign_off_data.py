"""What the API asks of the store about signing treatments: the part of `clinician_api.data` for that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from clinician_api.access import Scope
from clinician_api.live.views import View
from clinician_api.signing.sign_off_views import alarm_view, alert_view
from evaluation import signing
from evaluation.alarm_spans import machine_alarms
from evaluation.signing import Look, Review, SigningOutcome
from store import audit, notice_answers, pool, sign_offs
from store.alert_queries import Clinic
from store.audit import Deed
from store.sign_offs import Evidence, SignOffKind, Stamp
from store.viewers import Viewer

# So many are looked through; older ones come when these are signed.
MAX_QUEUE: Final = 2000
# What was judged is judged anew when anything of it has been stored, and when so long has passed.
KEPT_US: Final = 300_000_000
# The sight that was looked through last stays longest.
MAX_VIEWERS: Final = 32
# Signed ones are shown for as long as late readings come.
SIGNED_US: Final = 35 * 24 * 3600 * 1_000_000
_MAX_ID: Final = 2**63 - 1
_MAX_PATIENT: Final = 2**31 - 1


class SignOffData:
    """Beside `Data`, on its pool. Every method may raise StoreError, which becomes a 503."""

    def __init__(self, opened: Callable[[], pool.Pool], title: Callable[[str], str]) -> None:
        self._opened = opened
        self._title = title
        # Judging two thousand takes seconds, and every page asks how many wait.
        self._kept: dict[Viewer, dict[int, tuple[Stamp, int, Review]]] = {}

    async def queue(
        self, scope: Scope, now_us: int, patient_id: int | None = None, *, unsigned: bool = True
    ) -> tuple[list[Review], bool]:
        """Treatments in sight that wait for a signature (or were signed lately), newest first; whether more do."""
        if patient_id is not None and patient_id > _MAX_PATIENT:
            return [], False
        since_us = None if unsigned else now_us - SIGNED_US
        of, viewer = Clinic(*scope.clinics_of_queries), scope.viewer
        async with self._opened().connection() as conn:
            found = await sign_offs.outstanding(conn, of, MAX_QUEUE + 1, patient_id, since_us)
            known = self._kept.get(viewer, {})
            wanted = dict(list(found.items())[:MAX_QUEUE])
            stale = [one for one, stamp in wanted.items() if not _holds(known.get(one), stamp, now_us)]
            evidence = await sign_offs.evidence(conn, stale) if stale else []
        # Tens of milliseconds when many wait: too long for the loop.
        judged = await asyncio.to_thread(_judged, evidence)
        fresh = {
            one.evidence.found.treatment_id: (wanted[one.evidence.found.treatment_id], now_us, one) for one in judged
        }
        now = {number: kept for number in wanted if (kept := fresh.get(number) or known.get(number)) is not None}
        if patient_id is None and unsigned:
            self._keep(viewer, now)
        seen = [review for _, _, review in now.values() if _in_sight(scope, review)]
        return seen, len(found) > MAX_QUEUE

    def _keep(self, viewer: Viewer, judged: dict[int, tuple[Stamp, int, Review]]) -> None:
        # What one sees of a treatment's alerts depends on who looks: nothing is shared between different sights.
        self._kept.pop(viewer, None)
        if len(self._kept) >= MAX_VIEWERS:
            self._kept.pop(next(iter(self._kept)))
        self._kept[viewer] = judged

    async def one(self, treatment_id: int) -> Review | None:
        """One treatment, or None."""
        async with self._opened().connection() as conn:
            found = await sign_offs.evidence(conn, [treatment_id])
        return signing.review(found[0]) if found else None

    async def say(
        self, treatment_id: int, kind: SignOffKind, user_id: int, note: str, *, look: Look, in_bulk: bool = False
    ) -> SigningOutcome:  # fmt: skip
        """Sign, or call a doctor; what came of it. On record with the patient, where one is known."""
        for kept in self._kept.values():
            # Whoever is told that it has changed must be shown how.
            kept.pop(treatment_id, None)
        async with self._opened().transaction() as conn:
            now_us = await notice_answers.database_us(conn)
            outcome, before = await signing.say(
                conn, treatment_id, kind, user_id, note, now_us, in_bulk=in_bulk, look=look
            )
            if outcome is SigningOutcome.DONE and before is not None:
                found = before.evidence.found
                subject = f"treatment:{treatment_id}" if found.patient_id is None else f"patient:{found.patient_id}"
                detail = {"treatment": treatment_id, "revision": found.revision, "in_bulk": in_bulk}
                action = "sign treatment" if kind is SignOffKind.SIGNED else "call a doctor to treatment"
                await audit.aappend(conn, Deed(now_us, audit.person(user_id), action, subject, detail))
            return outcome

    async def report(self, review: Review) -> View:
        """What a report has beside the review."""
        treatment_id = review.evidence.found.treatment_id
        async with self._opened().connection() as conn:
            alerts = await sign_offs.alerts_of(conn, treatment_id)
            where = await sign_offs.where(conn, treatment_id)
        end_us = review.evidence.found.treatment.end_us
        alarms = [] if end_us is None else machine_alarms(review.evidence.alarms, end_us)
        machine = " ".join(filter(None, (where.protocol, where.profile))) if where else ""
        return {
            "clinic": where.clinic if where else None,
            "unit_label": where.label if where else review.evidence.found.unit,
            "machine": machine or None,
            "alerts": [alert_view(alert, self._title) for alert in alerts],
            "alarms": [alarm_view(span) for span in alarms],
        }


def _in_sight(scope: Scope, review: Review) -> bool:
    found = review.evidence.found
    return scope.sees(found.clinic_id, found.patient_id)


def number(text: str) -> int | None:
    """An id; None for what cannot be one."""
    found = int(text)
    return found if found <= _MAX_ID else None


def _holds(kept: tuple[Stamp, int, Review] | None, stamp: Stamp, now_us: int) -> bool:
    return kept is not None and kept[0] == stamp and abs(now_us - kept[1]) < KEPT_US


def _judged(evidence: list[Evidence]) -> list[Review]:
    return [signing.review(one) for one in evidence]
