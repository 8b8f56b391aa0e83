"""What people and boxes left on the pages of a ward: in the store as their own ways would have put it there."""

from __future__ import annotations

from collections.abc import Callable

from psycopg.types.json import Jsonb

from alerts.rota.local_time import DAY_US
from store import break_glass, data_disk, heartbeat, machine_events, teams, unit_settings, unit_status
from store.data_disk import Disk
from store.machine_events import EventRow
from store.pool import Connection
from store.registry import Unit
from store.unit_settings import StoredSettings
from store.unit_status import StatusRow
from telemetry.clock import SystemClock
from telemetry.messages import Event, EventKind, MachineLink, Status
from tests.clinician_api.conftest import Api
from tests.store.treated import HOUR, MINUTE

# What somebody says or sends there, by the name of the place: all different, so that each can be told from the others.
Say = Callable[[str], str]

CHANGES = [
    {
        "rule": "R13",
        "name": "high",
        "unit": "mmHg",
        "old": None,
        "new": 320.0,
        "verdict": "dangerous widening",
        "why": "beyond the rule's own at a level that must be told",
        "source": "docs/operations/prescription.md",
    }
]


def add_people(api: Api, unit: Unit, doctor: int, nurse: int, treatment: int, say: Say) -> None:
    """A team, access opened and judged, proposals, signatures, settings, a home out of service."""
    now = SystemClock().now_us()
    spare = api.add_unit("u-4", "Clinic 1", None, say("spare home"))
    with api.database() as conn:
        ((patient, started),) = conn.execute(
            "SELECT patient_id, to_us(started_at) FROM treatment WHERE treatment_id = %s", (treatment,)
        ).fetchall()
        team = teams.add(conn, 1, say("team"), now)
        teams.put_member(conn, team, nurse, now + DAY_US)
        teams.put_patient(conn, team, patient)
        for judged in (True, False):
            glass = break_glass.open_glass(conn, nurse, patient, say("glass"), now - 2 * HOUR, now - HOUR)
            if judged:
                break_glass.review(conn, glass, doctor, now, say("judgement"), right=False)
        _prescribe(conn, patient, nurse, doctor, now, say)
        _sign(conn, unit, patient, treatment, (nurse, doctor), now, say)
        _enter(conn, unit, patient, nurse, now, say)
        _send(conn, unit, started, now, say)
        conn.execute(
            "INSERT INTO unit_service_event (unit_id, is_out, until, at, actor, reason)"
            " VALUES (%s, true, from_us(%s), from_us(%s), 'os:test', %s)",
            (spare.unit_id, now + DAY_US, now, say("out of service")),
        )
        settings = StoredSettings(1, "{}", say("author"), say("settings"), now)
        unit_settings.add(conn, unit.unit_id, settings, b"signed")
        disk = Disk(say("folder"), 62e9, 250e9)
        heartbeat.beat(conn, "notifier", say("service"), now, {"version": say("release"), "disk": data_disk.said(disk)})


def _prescribe(conn: Connection, patient: int, nurse: int, doctor: int, now: int, say: Say) -> None:
    """A proposal that was rejected, and one that waits for another's signature."""
    for _ in range(2):
        ((number,),) = conn.execute(
            "INSERT INTO prescription_proposal (patient_id, based_on, contents, changes, verdict, reason, proposed_by,"
            " proposed_at, expires_at) VALUES (%s, 0, %s, %s, 'dangerous widening', %s, %s, from_us(%s), from_us(%s))"
            " RETURNING proposal_id",
            (patient, Jsonb([]), Jsonb(CHANGES), say("proposal"), nurse, now - HOUR, now + 23 * HOUR),
        ).fetchall()
        conn.execute(
            "INSERT INTO prescription_outcome (proposal_id, outcome, user_id, at, reason)"
            " SELECT %s, 'rejected', %s, from_us(%s), %s WHERE NOT EXISTS (SELECT FROM prescription_outcome)",
            (number, doctor, now, say("rejection")),
        )


def _sign(
    conn: Connection, unit: Unit, patient: int, treatment: int, people: tuple[int, int], now: int, say: Say
) -> None:
    """A nurse calls a doctor, who signs what there was then."""
    for kind, user, place in zip(("needs a doctor", "signed"), people, ("call", "signature"), strict=True):
        conn.execute(
            "INSERT INTO sign_off (treatment_id, unit_id, patient_id, kind, at, user_id, note, in_bulk, revision,"
            " rules, seen) VALUES (%s, %s, %s, %s, from_us(%s), %s, %s, false, 0, '1.0.0', '{}')",
            (treatment, unit.unit_id, patient, kind, now, user, say(place)),
        )


def _enter(conn: Connection, unit: Unit, patient: int, nurse: int, now: int, say: Say) -> None:
    """A note of the nurse's, and what the patient says."""
    for kind, user in (("note", nurse), ("symptom", None)):
        conn.execute(
            "INSERT INTO patient_event (patient_id, kind, starts_at, text, user_id, entered_at)"
            " VALUES (%s, %s, from_us(%s), %s, %s, from_us(%s))",
            (patient, kind, now, say(kind), user, now),
        )


def _send(conn: Connection, unit: Unit, started: int, now: int, say: Say) -> None:
    """What a box says of itself, also why nothing came of late; an alarm in that treatment that no catalogue knows."""
    status = Status(
        1, unit.name, True, now, machine=MachineLink.CONNECTED, synchronised=True, config_trouble=say("refusal"),
        trouble=say("trouble"), profile=say("profile"), protocol=say("protocol"), agent_version=say("version"),
    )  # fmt: skip
    unit_status.save(conn, [StatusRow(unit.unit_id, now, status, heard_us=now)])
    at = started + MINUTE
    alarm = Event(at // MINUTE, at, 0, 1, EventKind.ALARM, say("machine alarm"), 0, True, "", say("alarm text"))
    late = now - 2 * MINUTE
    began = Event(
        late // MINUTE, late, 0, 1, EventKind.AGENT, "agent started", 0, True, "", f"version {say('box event')}"
    )
    machine_events.add_events(
        conn, [EventRow(unit.unit_id, "0123456789abcdef", one.time_us, one) for one in (alarm, began)]
    )
