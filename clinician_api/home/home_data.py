"""What the API asks of the store for people at home: a part of `clinician_api.data`.

Outside the second wall: whoever speaks from home raises an alert, which nobody else of the API may. Whose home it is is
asked here, in the same transaction, of the account itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

from alerts.asked.ruleset import help_rule
from clinician_api.access import Role
from clinician_api.web.errors import ApiError
from store import account_admin, alert_log, audit, homes, machine_events, patient_events, pool
from store.alert_log import AlertEventRow, AlertState
from store.audit import Deed
from store.homes import Home, Saying
from store.machine_events import EventRow
from store.patient_events import EventKind
from store.pool import Connection
from telemetry.alarms import ConditionState
from telemetry.treatment import Phase

_T = TypeVar("_T")
ENDED_AT_HOME: Final = "ended at home"
ENDED_BY_TEAM: Final = "the patient was helped"


# Why there is the alert, by the machine's phase.
ASKED: Final = {
    Phase.UNKNOWN: "help asked for at home; nobody knows what the machine does",
    Phase.IDL: "help asked for at home; the machine is idle",
    Phase.PRETX: "help asked for at home, in preparation",
    Phase.TX: "help asked for at home, in treatment",
    Phase.POSTTX: "help asked for at home, after the treatment",
    Phase.DIS: "help asked for at home; the machine disinfects",
    Phase.SVC: "help asked for at home; the machine is in service",
}


@dataclass(frozen=True, slots=True)
class By:
    """Who speaks, when, and the number they gave it."""

    user_id: int
    now_us: int
    said: UUID


class HomeData:
    """Beside `Data`, on connections of its own. Every method may raise StoreError (503) and ApiError."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url

    async def home(self, user_id: int) -> tuple[Home | None, list[EventRow]]:
        """Whose treatment the account is shown, and the machine's alarms that stand."""

        def work(conn: Connection) -> tuple[Home | None, list[EventRow]]:
            home = homes.of_account(conn, user_id)
            units = [] if home is None or home.unit_id is None else [home.unit_id]
            return home, machine_events.standing_alarms(conn, units) if units else []

        return await self._in_thread(work)

    async def ask_for_help(self, by: By, phase: Phase) -> tuple[int, bool]:
        """The alert that stands now, and whether this press made it, or made it be asked about anew."""
        rule = help_rule()

        def work(conn: Connection, home: Home) -> tuple[int, bool]:
            unit_id = _unit(home)
            homes.alone(conn, unit_id)
            if not homes.say(conn, by.user_id, by.said, Saying.HELP, by.now_us):
                known = homes.alert_of(conn, by.user_id, by.said)
                if known is not None:
                    return known, False
            stands = homes.standing_help(conn, unit_id, home.patient_id, rule.id)
            number = alert_log.reserve_ids(conn, 1)[0] if stands is None else stands.alert_id
            if stands is not None and stands.state is ConditionState.ACTIVE_UNACKNOWLEDGED:
                homes.name_alert(conn, by.user_id, by.said, number)
                return number, False
            priority = rule.priority(phase)
            if stands is not None and stands.priority.rank > priority.rank:
                priority = stands.priority
            row = AlertEventRow(
                number, unit_id, rule.id, rule.version, priority, ConditionState.ACTIVE_UNACKNOWLEDGED, by.now_us,
                ASKED[phase], {}, {}, again=stands is not None,
            )  # fmt: skip
            alert_log.append(conn, [row], by.now_us)
            homes.name_alert(conn, by.user_id, by.said, number)
            _note(conn, by, "ask for help", f"alert:{number}", phase=phase.name)
            return number, True

        return await self._spoken(by, work)

    async def end_help(self, by: By) -> bool:
        """The patient has had help, or needs none any more; what nobody has seen yet stays until somebody has."""
        rule = help_rule()

        def work(conn: Connection, home: Home) -> bool:
            unit_id = _unit(home)
            homes.alone(conn, unit_id)
            if not homes.say(conn, by.user_id, by.said, Saying.HELPED, by.now_us):
                return False
            stands = homes.standing_help(conn, unit_id, home.patient_id, rule.id)
            if stands is None or stands.state is ConditionState.LATCHED_CLEAR:
                return False
            seen = stands.state is ConditionState.ACTIVE_ACKNOWLEDGED
            after = ConditionState.NORMAL if seen else ConditionState.LATCHED_CLEAR
            alert_log.append(conn, [_end(stands, rule.version, after, ENDED_AT_HOME, by.now_us)], by.now_us)
            _note(conn, by, "end help", f"alert:{stands.alert_id}")
            return True

        return await self._spoken(by, work)

    async def helped(self, alert_id: int, user_id: int, now_us: int) -> bool:
        """A clinician says that the patient has had help; False: no call, over, or seen by nobody."""
        rule = help_rule()

        def work(conn: Connection) -> bool:
            with pool.transaction(conn, "end help"):
                stands = alert_log.lock(conn, [alert_id]).get(alert_id)
                if stands is None or stands.rule != rule.id:
                    return False
                if stands.state is not ConditionState.ACTIVE_ACKNOWLEDGED:
                    return False
                row = _end(stands, rule.version, ConditionState.NORMAL, ENDED_BY_TEAM, now_us)
                alert_log.append(conn, [row], now_us)
                audit.append(conn, Deed(now_us, audit.person(user_id), "end help", f"alert:{alert_id}"))
                return True

        return await self._in_thread(work)

    async def handle(self, by: By, alert_id: int) -> bool:
        """Somebody at home is dealing with an alert of theirs; nothing is silenced by it."""

        def work(conn: Connection, home: Home) -> bool:
            _unit(home)
            first = homes.say(conn, by.user_id, by.said, Saying.HANDLING, by.now_us)
            if not first or not homes.handle(conn, alert_id, by.user_id, home, by.now_us):
                return False
            _note(conn, by, "handle at home", f"alert:{alert_id}")
            return True

        return await self._spoken(by, work)

    async def tell_symptom(self, by: By, start_us: int, text: str) -> bool:
        """Keep how the patient feels: on the time line, and for the rules that ask for it."""

        def work(conn: Connection, home: Home) -> bool:
            if not homes.say(conn, by.user_id, by.said, Saying.SYMPTOM, by.now_us):
                return False
            number = patient_events.tell(conn, home.patient_id, EventKind.SYMPTOM, start_us, text, by.now_us)
            _note(conn, by, "tell symptom", f"patient:{home.patient_id}", event=number)
            return True

        return await self._spoken(by, work)

    async def connect(
        self, by_user: int, clinic_id: int | None, user_id: int, unit: str | None, now_us: int
    ) -> str | None:
        """Let an account of a person at home see the treatment of whom this unit serves (None: nobody's); their name.

        `clinic_id`: of whoever says so; None: of all clinics. ApiError 404 or 409 where it cannot be.
        """

        def work(conn: Connection) -> str | None:
            with pool.transaction(conn, "open home"):
                account_admin.lock(conn)
                account = account_admin.get(conn, user_id, now_us)
                if account is None or (clinic_id is not None and account.clinic_id != clinic_id):
                    hint = "GET /api/users lists those you may see"
                    raise ApiError(404, "no such user", where=str(user_id), hint=hint)
                if account.role != Role.PATIENT:
                    hint = "an account of role patient is shown a treatment this way; others see their patients"
                    raise ApiError(409, "not an account of a person at home", where=account.role, hint=hint)
                served = None if unit is None else homes.served(conn, unit, account.clinic_id)
                if unit is not None and served is None:
                    hint = "a unit that serves a patient of the account's own clinic"
                    raise ApiError(404, "no such unit", where="body.unit", hint=hint)
                if served is None:
                    homes.disconnect(conn, user_id)
                else:
                    homes.connect(conn, user_id, served[0], now_us)
                subject = audit.person(user_id) if served is None else f"patient:{served[0]}"
                audit.append(conn, Deed(now_us, audit.person(by_user), "open home", subject, {"user": user_id}))
                return None if served is None else served[1]

        return await self._in_thread(work)

    async def _spoken(self, by: By, work: Callable[[Connection, Home], _T]) -> _T:
        def whole(conn: Connection) -> _T:
            with pool.transaction(conn, "speak from home"):
                home = homes.of_account(conn, by.user_id)
                if home is None:
                    hint = "the clinic says whose treatment this account is shown"
                    raise ApiError(409, "this account belongs to no patient", where="account", hint=hint)
                return work(conn, home)

        return await self._in_thread(whole)

    async def _in_thread(self, work: Callable[[Connection], _T]) -> _T:
        def done() -> _T:
            with closing(pool.connect(self._url, name="homehd api home")) as conn:
                return work(conn)

        return await asyncio.to_thread(done)


def _unit(home: Home) -> int:
    if home.unit_id is None:
        hint = "call the clinic by telephone"
        raise ApiError(409, "no unit serves this patient", where="home", hint=hint)
    return home.unit_id


def _end(stands: AlertState, version: str, after: ConditionState, reason: str, now_us: int) -> AlertEventRow:
    return AlertEventRow(
        stands.alert_id, stands.unit_id, stands.rule, version, stands.priority, after, now_us, reason, {}, {}
    )


def _note(conn: Connection, by: By, action: str, subject: str, **detail: Any) -> None:
    audit.append(conn, Deed(by.now_us, audit.person(by.user_id), action, subject, detail))
