"""Accounts of people at home, and what they say: each thing once, however often a bad line makes them say it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from store.alert_log import AlertState, alert_state
from store.pool import AsyncConnection, Connection
from store.queries import arun, run
from store.values import storable_us


class Saying(StrEnum):
    """What was said; these words are stored."""

    HELP = "help"
    HELPED = "helped"
    HANDLING = "handling"
    SYMPTOM = "symptom"


@dataclass(frozen=True, slots=True)
class Home:
    """Whose treatment an account is shown. `unit_id`, `unit`, `label` are None while no unit serves them."""

    patient_id: int
    patient: str
    clinic_id: int | None
    clinic: str | None
    phone: str | None
    unit_id: int | None
    unit: str | None
    label: str | None


async def accounts(conn: AsyncConnection) -> dict[int, int]:
    """User -> patient, of every account that was ever connected with one and still is."""
    return {row[0]: row[1] async for row in await arun(conn, "home_accounts")}


def of_account(conn: Connection, user_id: int) -> Home | None:
    """The home of an account at this moment; None: it is of no patient, or nobody is let in by it."""
    row = run(conn, "home_of_account", {"user": user_id}).fetchone()
    return None if row is None else Home(*row)


def connect(conn: Connection, user_id: int, patient_id: int, now_us: int) -> None:
    """From now on the account is shown this patient's treatment, and no other's."""
    run(conn, "open_home", {"user": user_id, "patient": patient_id, "now": storable_us(now_us)})


def disconnect(conn: Connection, user_id: int) -> None:
    """From now on the account is shown nobody's."""
    run(conn, "close_home", {"user": user_id})


def served(conn: Connection, unit: str, clinic_id: int | None) -> tuple[int, str] | None:
    """Number and name of the patient of this clinic whom a unit serves now; None: there is none."""
    row = run(conn, "patient_of_home", {"unit": unit, "clinic": clinic_id}).fetchone()
    return None if row is None else (row[0], row[1])


def set_phone(conn: Connection, clinic: str, number: str | None) -> bool:
    """By what number homes of a clinic reach it; False: there is no such clinic. StoreError for what is no number."""
    return run(conn, "set_phone", {"clinic": clinic, "phone": number}).rowcount > 0


def say(conn: Connection, user_id: int, said: UUID, what: Saying, now_us: int) -> bool:
    """Whether it is said for the first time: then whoever asks does it, in the same transaction."""
    parameters = {"user": user_id, "said": said, "what": str(what), "now": storable_us(now_us)}
    return run(conn, "say_at_home", parameters).fetchone() is not None


def name_alert(conn: Connection, user_id: int, said: UUID, alert_id: int) -> None:
    """Which alert came of what was said."""
    run(conn, "name_alert_of_said", {"user": user_id, "said": said, "alert": alert_id})


def alert_of(conn: Connection, user_id: int, said: UUID) -> int | None:
    """Which alert came of what was said before."""
    row = run(conn, "alert_of_said", {"user": user_id, "said": said}).fetchone()
    return None if row is None else row[0]


def alone(conn: Connection, unit_id: int) -> None:
    """Until the transaction ends nobody else asks for help at this unit: two who press at once make one alert."""
    run(conn, "alone_at_home", {"unit": unit_id})


def standing_help(conn: Connection, unit_id: int, patient_id: int, rule: str) -> AlertState | None:
    """The patient's own call that is not over, unchangeable by others until the transaction ends."""
    row = run(conn, "standing_help", {"unit": unit_id, "patient": patient_id, "rule": rule}).fetchone()
    return None if row is None else alert_state(row)


def handle(conn: Connection, alert_id: int, user_id: int, home: Home, now_us: int) -> bool:
    """Keep that somebody at this home is dealing with an alert of theirs that lasts; False: there is none such, or
    somebody was dealing with it already.
    """
    parameters = {
        "alert": alert_id, "user": user_id, "unit": home.unit_id, "patient": home.patient_id,
        "now": storable_us(now_us),
    }  # fmt: skip
    return run(conn, "handle_at_home", parameters).rowcount > 0


async def handled(conn: AsyncConnection, alert_ids: Iterable[int]) -> dict[int, int]:
    """Alert -> since when somebody at home is dealing with it, of those with whom somebody is."""
    rows = await arun(conn, "handled_alerts", {"alerts": sorted(set(alert_ids))})
    return {row[0]: row[1] async for row in rows}
