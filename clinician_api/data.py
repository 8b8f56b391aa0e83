"""What the API asks of the store, in the API's own words.

The only module here that knows the store's functions, but for its parts: `alerting.notice_data`, `duty.channel_data`,
`administration`, `duty.duty_data`, `fhir`, `home.home_data`, `notes.note_data`, `people.people_data`,
`people.record_data`, `signin.signin_data`, `signing.sign_off_data`, `teams.team_data` and `treatments.past_data`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from clinician_api.access import Scope
from clinician_api.administration.audit_data import AuditData
from clinician_api.administration.system_data import SystemData
from clinician_api.administration.unit_data import UnitData
from clinician_api.administration.user_data import UserData
from clinician_api.alerting.alert_views import alert_event_view, alert_view, version
from clinician_api.alerting.notice_data import NoticeData
from clinician_api.duty.channel_data import ChannelData
from clinician_api.duty.duty_data import DutyData
from clinician_api.fhir.fhir_data import FhirData
from clinician_api.home.home_data import HomeData
from clinician_api.live import findings, sparks
from clinician_api.live.room import Entry
from clinician_api.live.views import View, status
from clinician_api.notes.note_data import NoteData
from clinician_api.people.people_data import PeopleData
from clinician_api.people.record_data import RecordData
from clinician_api.people.whose import ALL_SEEN, THE_UNITS, Seen, Whose
from clinician_api.prescribing.prescription_data import PrescriptionData
from clinician_api.settings import ApiOptions
from clinician_api.signin.signin_data import SignInData
from clinician_api.signing.sign_off_data import SignOffData
from clinician_api.teams.team_data import TeamData
from clinician_api.treatments import history
from clinician_api.treatments.history import Asked, Heard
from clinician_api.treatments.past_data import PastData
from clinician_api.treatments.treatment_views import treatment_view
from clinician_api.trends.trend_data import TrendData
from clinician_api.web.conditional import check_unchanged, tag_of_state
from evaluation import answering
from evaluation.links import Beat, beat_of
from store import (
    alert_queries,
    announcements,
    audit,
    engine_state,
    heartbeat,
    kiosks,
    migrate,
    notice_answers,
    notice_queries,
    pool,
    reading_queries,
    registry,
    reviews,
    tenures,
    treatment_queries,
    unit_status,
    walls,
)
from store import history as stored_history
from store.alert_queries import RECENT_LIMIT, Acknowledgement, CurrentAlert, Outcome
from store.announcements import Announcement, Topic
from store.audit import Deed
from store.errors import StoreError
from store.tenures import Past
from store.viewers import EVERYTHING, working_for
from telemetry.alarms import Priority
from telemetry.messages import LiveReading

log = logging.getLogger(__name__)

__all__ = ["Acknowledgement", "Data", "Outcome", "OwnedView", "StoredAlert", "Topic"]

RECENT_US: Final = 24 * 3600 * 1_000_000
# A box tells what it had no room for when the line is back, and keeps nothing for longer than a month.
TOLD_WITHIN_US: Final = 35 * 24 * 3600 * 1_000_000
_MAX_ID: Final = 2**63 - 1
_MAX_PATIENT: Final = 2**31 - 1
_RANK: Final = {str(priority): -priority.rank for priority in Priority}


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """An `AlertView`, and its version: what was read of the same alert later has a higher one, or is the same.

    `whose`: whose it is; who does not see that patient may see less of it.
    """

    version: int
    view: View
    whose: Whose = THE_UNITS


@dataclass(frozen=True, slots=True)
class OwnedView:
    """A view, the clinic and the patient whose it is; None = bound to no clinic, of no patient."""

    clinic_id: int | None
    view: View

    @property
    def patient_id(self) -> int | None:
        """Whose it is."""
        return None if self.view["patient"] is None else int(self.view["patient"]["patient_id"])


class Data:
    """The store, for one application. Every method but `open` may raise StoreError, which becomes a 503."""

    def __init__(self, options: ApiOptions) -> None:
        self._url = options.database_url
        self._pool: pool.Pool | None = None
        # Outside the second wall: addresses and passkeys, which nothing else here may read (store/walls.py).
        self._own_pool: pool.Pool | None = None
        self._rules: findings.Reader | None = None
        self.notices = NoticeData(lambda: self._open, self.title)
        self.duty = DutyData(lambda: self._open, options.database_url)
        self.people = PeopleData(lambda: self._open)
        self.written = NoteData(lambda: self._open)
        self.record = RecordData(lambda: self._open)
        self.sign_offs = SignOffData(lambda: self._open, self.title)
        self.prescriptions = PrescriptionData(lambda: self._open)
        self.trends = TrendData(lambda: self._open)
        self.happened = PastData(lambda: self._open, self.title)
        self.fhir = FhirData(lambda: self._open)
        self.teams = TeamData(lambda: self._open, self.duty)
        self.channels = ChannelData(lambda: self._open_own)
        self.sign_in = SignInData(lambda: self._open_own)
        self.users = UserData(options.database_url)
        self.homes = HomeData(options.database_url)
        self.audit = AuditData(options.database_url)
        self.system = SystemData(options.database_url)
        self.installations = UnitData(options.database_url)

    async def open(self) -> None:
        """Connect and check the schema; StoreError when either fails. A second time does nothing."""
        if self._pool is None:
            self._rules = findings.Reader()
            walled = await asyncio.to_thread(self._check_schema)
            self._own_pool = await pool.open_pool(self._url, name="homehd api channels", size=2)
            self._pool = await pool.open_pool(self._url, name="homehd api", walled=walled)

    async def close(self) -> None:
        """Disconnect."""
        opened, self._pool, self._own_pool = (self._pool, self._own_pool), None, None
        for one in opened:
            if one is not None:
                await one.close()

    async def ping(self) -> bool:
        """Whether the database answers."""
        try:
            await self.ingest_beats()
        except StoreError:
            return False
        return True

    # Units

    async def directory(self) -> list[Entry]:
        """Every unit that is in use, of all clinics."""
        async with self._open.connection() as conn:
            units = await registry.units(conn)
        return [Entry(u.unit_id, u.name, u.label, u.clinic_id, u.clinic, u.patient, u.patient_id) for u in units]

    async def statuses(self, unit_ids: Sequence[int]) -> list[tuple[View, int]]:
        """`UnitStatus` of each unit and the server time at which it was received."""
        async with self._open.connection() as conn:
            rows = await unit_status.statuses(conn, unit_ids)
        return [(status(row.status, row.since_us, row.heard_us), row.received_us) for row in rows.values()]

    async def latest(self, names: dict[int, str], now_us: int) -> list[LiveReading]:
        """The newest stored reading of each unit; `names` are their wire ids by number."""
        async with self._open.connection() as conn:
            rows = await reading_queries.latest(conn, list(names), now_us)
        return [
            LiveReading(names[r.unit_id], r.time_us, r.received_us, r.seq, r.phase, r.flags, r.invalid, r.values)
            for r in rows
        ]

    async def recent_extremes(self, unit_ids: Sequence[int], now_us: int) -> list[tuple[int, int, float, float]]:
        """Unit, step, least and greatest value of what `Sparks` shows, as far as it is stored."""
        async with self._open.connection() as conn:
            return await reading_queries.extremes(
                conn, unit_ids, sparks.SIGNAL, now_us - sparks.STEPS * sparks.STEP_S * 1_000_000, now_us, sparks.STEP_S
            )

    async def past(self, unit: str) -> Past | None:
        """All that a unit served, with the server's eyes: what of it is seen the caller says. None: no unit."""
        with working_for(EVERYTHING):
            async with self._open.connection() as conn:
                return await tenures.of_unit(conn, unit)

    async def history(
        self, unit_id: int, asked: Asked, names: Sequence[str], count: int, seen: Seen = ALL_SEEN
    ) -> bytes:
        """The JSON of a `History` in at most `count` buckets, less what is not `seen`.

        StoreError BUSY when that is too much to read.
        """
        async with self._open.connection() as conn:
            found = await stored_history.buckets(conn, unit_id, names, asked.start_us, asked.end_us, count, seen.hidden)
            told_until_us = min(asked.now_us, asked.end_us + TOLD_WITHIN_US)
            events = await stored_history.gap_events(conn, unit_id, asked.start_us, told_until_us)
            row = (await unit_status.statuses(conn, [unit_id])).get(unit_id)
        heard = Heard([event.event for event in events if seen.covers(event.event.time_us)], hidden=seen.hidden)
        if row is not None:
            heard = replace(heard, status=row.status, since_us=row.since_us, received_us=row.received_us)
        # Tens of milliseconds when much was asked for: too long for the loop.
        return await asyncio.to_thread(history.answer, asked, found, heard)

    async def not_evaluated(self, names: dict[int, str]) -> dict[str, list[View]]:
        """Unit -> rules without valid input, from the rule engine's own saved state and from the last reviews."""
        async with self._open.connection() as conn:
            held = await engine_state.states(conn, list(names))
            lacking = await reviews.not_evaluated(conn, list(names), self._findings().between)
        states = {names[unit_id]: state for unit_id, state in held.items()}
        # A fifth of a millisecond a unit: too long for the loop when there are hundreds.
        found = dict(await asyncio.to_thread(self._findings().not_evaluated, states))
        for unit_id, rules in lacking.items():
            views = [findings.between_view(rule, reason) for rule, reason in rules]
            found[names[unit_id]] = [*found.get(names[unit_id], []), *views]
        return found

    async def ingest_beats(self) -> list[Beat]:
        """The last sign of life of every ingest there ever was."""
        async with self._open.connection() as conn:
            beats = await heartbeat.last_beats(conn, "ingest")
        return [beat_of(beat) for beat in beats]

    async def tell(self, instance: str, detail: Mapping[str, object], walls: Mapping[int, str]) -> None:
        """That this server lives, and what the walls it has say of their sound: of one without the other nobody could
        tell a wall that is gone from a server that is.
        """
        async with self._open.transaction() as conn:
            await kiosks.note_sounds(conn, walls)
            await heartbeat.abeat(conn, "api", instance, detail)

    # Treatments

    async def treatments_of_unit(
        self, unit_id: int, start_us: int, end_us: int, limit: int, before_id: int = 0
    ) -> list[OwnedView]:
        """Treatments of a unit that began at start ≤ time < end, newest first; at end those below `before_id`, too."""
        async with self._open.connection() as conn:
            found = await treatment_queries.of_unit(conn, unit_id, start_us, end_us, limit, before_id)
        return [OwnedView(one.clinic_id, treatment_view(one)) for one in found]

    async def treatments_of_patient(
        self, patient_id: str, start_us: int, end_us: int, limit: int, before_id: int = 0
    ) -> tuple[int | None, list[View]] | None:
        """The clinic of a patient, and the treatments likewise; None when there is no such patient."""
        number = _number(patient_id, _MAX_PATIENT)
        if number is None:
            return None
        async with self._open.connection() as conn:
            exists, clinic_id = await treatment_queries.clinic_of_patient(conn, number)
            span = (start_us, end_us, limit, before_id)
            found = await treatment_queries.of_patient(conn, number, *span) if exists else []
        return (clinic_id, [treatment_view(one) for one in found]) if exists else None

    async def treatment(self, treatment_id: str) -> OwnedView | None:
        """One treatment, or None (also for an id that cannot be one)."""
        number = _number(treatment_id)
        if number is None:
            return None
        async with self._open.connection() as conn:
            found = await treatment_queries.by_id(conn, number)
        return OwnedView(found.clinic_id, treatment_view(found)) if found else None

    # Alerts

    def title(self, rule: str) -> str:
        """What a rule is called."""
        return self._findings().title(rule)

    async def alerts(self, scope: Scope, *, only_open: bool, now_us: int) -> tuple[list[StoredAlert], bool]:
        """Alerts of the scope's clinics, high priority first, then newest: open ones, or also what changed in the last
        day; and whether more changed than RECENT_LIMIT, which are left out.
        """
        of = alert_queries.Clinic(*scope.clinics_of_queries)
        async with self._open.connection() as conn:
            if only_open:
                found = await alert_queries.current(conn, of)
            else:
                found = await alert_queries.recent(conn, now_us - RECENT_US, RECENT_LIMIT + 1, of)
        beyond = not only_open and len(found) > RECENT_LIMIT
        found = found[:RECENT_LIMIT] if beyond else found
        found.sort(key=lambda alert: (_RANK[alert.priority], -alert.since_us))
        return [self._stored(alert, now_us) for alert in found], beyond

    async def open_versions(self) -> dict[str, int]:
        """Alert -> version, of all open alerts of all clinics."""
        async with self._open.connection() as conn:
            found = await alert_queries.open_versions(conn)
        return {str(one.alert_id): version(one) for one in found}

    async def alerts_by_id(self, alert_ids: Collection[str], now_us: int) -> list[StoredAlert]:
        """These alerts as they stand, over or not; without those whose ids cannot be."""
        numbers = [number for number in map(_number, alert_ids) if number is not None]
        async with self._open.connection() as conn:
            found = await alert_queries.by_ids(conn, numbers)
        return [self._stored(alert, now_us) for alert in found]

    async def alert(self, alert_id: str, now_us: int) -> StoredAlert | None:
        """One alert as it stands, or None (also for an id that cannot be one)."""
        number = _number(alert_id)
        if number is None:
            return None
        async with self._open.connection() as conn:
            found = await alert_queries.by_id(conn, number)
        return self._stored(found, now_us) if found else None

    async def told_alerts(self, alert_ids: Collection[str], now_us: int) -> list[StoredAlert]:
        """The same with the server's eyes, for the screens of everybody."""
        with working_for(EVERYTHING):
            return await self.alerts_by_id(alert_ids, now_us)

    async def alerts_of_notice(self, notice_id: int, now_us: int) -> list[StoredAlert]:
        """The open alerts of a notice, with the server's eyes."""
        with working_for(EVERYTHING):
            return await self._alerts_of_notice(notice_id, now_us)

    async def _alerts_of_notice(self, notice_id: int, now_us: int) -> list[StoredAlert]:
        async with self._open.connection() as conn:
            alerts = await notice_queries.alerts_of(conn, [notice_id], also_over=False)
            found = await alert_queries.by_ids(conn, [alert.alert_id for alert in alerts])
        return [self._stored(alert, now_us) for alert in found]

    async def changed_alerts(self, announcements: Sequence[Announcement], now_us: int) -> list[StoredAlert]:
        """The alerts that stand differently since these were committed, as they stand now."""
        async with self._open.connection() as conn:
            found = await alert_queries.changed(conn, announcements)
        return [self._stored(alert, now_us) for alert in found]

    def unchanged(self, header: str | None, now_us: int) -> Callable[[CurrentAlert], None] | None:
        """The look at an alert that If-Match asks for, None without it: ApiError 412 when it stands otherwise."""

        def look(alert: CurrentAlert) -> None:
            stored = self._stored(alert, now_us)
            check_unchanged(header, tag_of_state(stored.version, stored.view), stored.view)

        return None if header is None else look

    async def alert_events(self, alert_id: str) -> list[View]:
        """Every step of an alert, as `AlertEventView`s."""
        async with self._open.connection() as conn:
            return [alert_event_view(event) for event in await alert_queries.events_of(conn, int(alert_id))]

    async def acknowledge(self, alert_id: str, user_id: int, note: str | None) -> Acknowledgement:
        """Acknowledge for a person, and accept its notice; of several at once exactly one outcome is ACKNOWLEDGED."""
        async with self._open.transaction() as conn:
            now_us = await notice_answers.database_us(conn)
            result = await answering.acknowledge(conn, int(alert_id), user_id, now_us, note or "")
            if result.outcome is not Outcome.UNKNOWN:
                detail = {"outcome": result.outcome.value}
                deed = Deed(now_us, audit.person(user_id), "acknowledge alert", f"alert:{alert_id}", detail)
                await audit.aappend(conn, deed)
            return result

    async def acknowledge_low(self, alert_id: str, user_id: int, note: str | None) -> answering.Bulk:
        """One of many: nothing is done where anything but low priority is at stake. What was done is on record."""
        number = _number(alert_id)
        if number is None:
            return answering.Bulk.UNKNOWN
        async with self._open.transaction() as conn:
            now_us = await notice_answers.database_us(conn)
            outcome = await answering.acknowledge_low(conn, number, user_id, now_us, note or "")
            if outcome is not answering.Bulk.UNKNOWN:
                detail = {"outcome": str(outcome), "how": "with others"}
                deed = Deed(now_us, audit.person(user_id), "acknowledge alert", f"alert:{alert_id}", detail)
                await audit.aappend(conn, deed)
            return outcome

    @asynccontextmanager
    async def announcements(self) -> AsyncIterator[AsyncIterator[list[Announcement]]]:
        """What is committed from the moment the block is entered; StoreError when the connection is lost."""
        async with announcements.listen(self._url) as heard:
            yield heard

    @property
    def _open(self) -> pool.Pool:
        assert self._pool is not None, "opened by the application's lifespan"
        return self._pool

    @property
    def _open_own(self) -> pool.Pool:
        assert self._own_pool is not None, "opened by the application's lifespan"
        return self._own_pool

    def _findings(self) -> findings.Reader:
        assert self._rules is not None, "opened by the application's lifespan"
        return self._rules

    def _check_schema(self) -> bool:
        """Whether the second wall stands. Without it people are still served, by the first: screens that stay dark are
        the greater danger; the log and `homehd doctor` say so.
        """
        with pool.connect(self._url, name="homehd api") as conn:
            migrate.check(conn)
            second = walls.standing(conn)
        if not second.stands:
            log.warning("second wall missing", extra={"fields": {"why": second.why, "hint": second.hint}})
        return second.stands

    def _stored(self, alert: CurrentAlert, now_us: int) -> StoredAlert:
        whose = Whose(alert.owner_id, alert.owner_clinic_id)
        return StoredAlert(version(alert), alert_view(alert, self.title(alert.rule), now_us), whose)


def _number(text: str, highest: int = _MAX_ID) -> int | None:
    if not (text.isascii() and text.isdigit()) or len(text) > 19:
        return None
    number = int(text)
    return number if number <= highest else None
