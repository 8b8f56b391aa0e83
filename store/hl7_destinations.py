"""Which systems are told as HL7, how each of them stands, and what an operator does about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from store import audit, operations
from store.audit import Deed
from store.errors import StoreError, Trouble
from store.operations import OperationsEvent
from store.pool import Connection, transaction
from store.queries import run

HL7_STOPPED: Final = "hl7 stopped"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A destination as settings have it.

    Attributes:
        readings_every_s: how often readings of a treatment are told, 10…3600 s; None: they are not.
        clinic: whose homes; None: all.
    """

    name: str
    alerts: bool
    readings_every_s: int | None
    clinic: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a destination stands.

    Attributes:
        stopped_us: since when nothing is sent, because it refused message `stopped_by`; why: in which words.
        left_out: readings that were not queued since an operator last looked, the last at `left_out_us`.
        waiting, parked, parked_alerts: messages. tried: how often the most tried of those that wait was sent.
        alert_since_us, reading_since_us: since when the oldest waits; None: none does.
        released_us: when it was last let go on.
    """

    name: str
    alerts: bool
    readings_every_s: int | None
    stopped_us: int | None
    stopped_by: int | None
    stopped_why: str
    left_out: int
    left_out_us: int | None
    waiting: int
    parked: int
    parked_alerts: int
    tried: int
    alert_since_us: int | None
    reading_since_us: int | None
    released_us: int | None


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """A message that is not settled. `answer`: the receiver's last words."""

    message_id: int
    destination: str
    control_id: str
    about: str
    outcome: str
    queued_us: int
    attempts: int
    answer: str


def enter(conn: Connection, wanted: Sequence[Wanted], now_us: int) -> list[str]:
    """These and no others from now on; the names of those that are no longer told.

    Whoever was not told until now is told of the alerts that stand. StoreError CONFLICT: there is no such clinic.
    """
    with transaction(conn, "enter HL7 destinations"):
        before = {row[0]: row[1] and not row[2] for row in run(conn, "lock_hl7_destinations")}
        for one in wanted:
            clinic = None if one.clinic is None else _clinic(conn, one)
            values = {"name": one.name, "alerts": one.alerts, "every": one.readings_every_s, "clinic": clinic}
            run(conn, "enter_hl7_destination", {**values, "now": now_us})
            if one.alerts and not before.get(one.name, False):
                run(conn, "note_standing_for_hl7", {"name": one.name})
        names = [one.name for one in wanted]
        gone = [row[0] for row in run(conn, "retire_hl7_destinations", {"names": names, "now": now_us})]
        silent = [*gone, *(one.name for one in wanted if not one.alerts)]
        run(conn, "forget_hl7_due", {"names": silent})
        run(conn, "skip_hl7_waiting", {"names": gone, "now": now_us})
    return gone


def standing(conn: Connection) -> list[Standing]:
    """Of every destination that is told."""
    return [Standing(*row) for row in run(conn, "hl7_standing")]


def waiting(conn: Connection, name: str | None = None, limit: int = 1000) -> list[WaitingMessage]:
    """What is not settled, of one destination or all, in the order in which it goes."""
    return [WaitingMessage(*row) for row in run(conn, "hl7_waiting", {"name": name, "limit": limit})]


def release(conn: Connection, name: str, actor: str, now_us: int, *, skip: bool) -> int | None:
    """Let a destination that has refused a message go on: with that message, or (`skip`) with the next; its number.

    None: it was not stopped. StoreError CONFLICT: there is no such destination.
    """
    with transaction(conn, "release an HL7 destination"):
        row = run(conn, "lock_hl7_destination", {"name": name}).fetchone()
        if row is None:
            raise _unknown(name)
        since_us, message_id, why = row
        run(conn, "forget_hl7_left_out", {"name": name})
        if since_us is None:
            return None
        run(conn, "release_hl7_destination", {"name": name, "now": now_us})
        if skip:
            run(conn, "skip_hl7_message", {"message": message_id, "now": now_us})
        detail = {"destination": name, "message": message_id, "why": why, "skipped": skip}
        operations.add(conn, OperationsEvent(HL7_STOPPED, since_us, now_us, name, detail))
        audit.append(conn, Deed(now_us, actor, "release HL7 destination", f"hl7:{name}", detail))
    return int(message_id)


def retire(conn: Connection, name: str, actor: str, now_us: int) -> None:
    """Tell a destination nothing more; what waits for it is dropped. StoreError CONFLICT: there is no such one.

    A sender whose settings name it still, and that starts anew, tells it again.
    """
    with transaction(conn, "retire an HL7 destination"):
        if run(conn, "retire_hl7_destination", {"name": name, "now": now_us}).fetchone() is None:
            raise _unknown(name)
        run(conn, "forget_hl7_due", {"names": [name]})
        run(conn, "skip_hl7_waiting", {"names": [name], "now": now_us})
        run(conn, "forget_hl7_beats")
        audit.append(conn, Deed(now_us, actor, "retire HL7 destination", f"hl7:{name}"))


def skip(conn: Connection, message_id: int, actor: str, now_us: int) -> str:
    """Never send this message; its destination. StoreError CONFLICT: it does not wait."""
    return _move(conn, "skip_hl7_message", "skip HL7 message", message_id, actor, now_us)


def resend(conn: Connection, message_id: int, actor: str, now_us: int) -> str:
    """Send a message that was parked or skipped, under its old control id; its destination. StoreError as `skip`."""
    return _move(conn, "resend_hl7_message", "resend HL7 message", message_id, actor, now_us)


def _move(conn: Connection, query: str, deed: str, message_id: int, actor: str, now_us: int) -> str:
    with transaction(conn, deed):
        row = run(conn, query, {"message": message_id, "now": now_us}).fetchone()
        if row is None:
            hint = "`homehd hl7 list` shows what waits and what is parked"
            raise StoreError(deed, f"message {message_id}", trouble=Trouble.CONFLICT, hint=hint)
        detail = {"message": message_id, "control_id": row[1]}
        audit.append(conn, Deed(now_us, actor, deed, f"hl7:{row[0]}", detail))
    return str(row[0])


def _unknown(name: str) -> StoreError:
    hint = "`homehd hl7 list` shows them"
    return StoreError("find HL7 destination", name, trouble=Trouble.CONFLICT, hint=hint)


def _clinic(conn: Connection, one: Wanted) -> int:
    row = run(conn, "clinic_by_name", {"name": one.clinic}).fetchone()
    if row is None:
        hint = f"destination {one.name} names it; `homehd units list` shows clinics"
        raise StoreError("find clinic", str(one.clinic), trouble=Trouble.CONFLICT, hint=hint)
    return int(row[0])
