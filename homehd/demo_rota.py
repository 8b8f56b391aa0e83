"""Who is on call in the demo: its people, so that a page goes to somebody by name, and the rota says *covered*."""

from __future__ import annotations

from contextlib import closing
from datetime import date, time
from typing import Final

from alerts.rota.acceptance import is_accepted
from alerts.rota.shifts import shift_at
from evaluation import rota_changes
from homehd.demo_accounts import CLINIC
from store import accounts, channels, pool, registry, rota
from store.pool import Connection
from store.rota import Written
from telemetry.rota import BACKUP, PRIMARY, Audience, Rotation

# Audience, line, whose: each line has one person, week after week, so that a visitor knows who will be asked.
_LINES: Final = (
    (Audience.CLINICAL, PRIMARY, "doctor@demo.example"),
    (Audience.CLINICAL, BACKUP, "nurse@demo.example"),
    (Audience.TECHNICAL, PRIMARY, "technician@demo.example"),
)
_ANCHOR: Final = date(2026, 1, 5)  # a Monday


def fill(database_url: str, now_us: int) -> None:
    """The demo clinic's rotas, made where they lack, with the shift that runs accepted. Its accounts are there."""
    written = Written("os:demo", "the demo", now_us)
    with closing(pool.connect(database_url, name="homehd demo")) as conn:
        clinic_id = registry.add_clinic(conn, CLINIC)
        people = {account.email: account.user_id for account in accounts.list_users(conn)}
        # They have screens only, and whoever looks at the demo sees that these work.
        for channel in channels.of(conn, [people[email] for _, _, email in _LINES]):
            channels.note_tested(conn, channel.channel_id, now_us)
        for audience, line, email in _LINES:
            _fill(conn, clinic_id, audience, line, people[email], written)


def _fill(conn: Connection, clinic_id: int, audience: Audience, line: int, user_id: int, written: Written) -> None:
    standing = {(one.clinic_id, one.audience, one.line): one.rota_id for one in rota.load(conn, written.now_us).rotas}
    rota_id = standing.get((clinic_id, audience, line))
    if rota_id is None:
        rota_id = rota_changes.add(conn, clinic_id, audience, line, "UTC", written)
        turns = Rotation(0, (user_id,), 7, time(8), _ANCHOR, written.now_us)
        rota_changes.rotate(conn, rota_id, turns, written)
    mine = next(one for one in rota.load(conn, written.now_us).rotas if one.rota_id == rota_id)
    shift = shift_at(mine, written.now_us)
    # Whoever has changed the demo's rota by hand is left alone.
    if shift.user_id == user_id and not is_accepted(mine.acceptances, user_id, shift.start_us, shift.end_us):
        rota_changes.accept(conn, rota_id, user_id, written.now_us, written)
