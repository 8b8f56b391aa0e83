"""Who is on call in the demo: its doctor first, its nurse second, week by week in turn."""

from __future__ import annotations

from contextlib import closing
from datetime import time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerts.rota.local_time import local
from evaluation import rota_changes
from homehd.demo_accounts import CLINIC
from store import pool, rota
from store.rota import Written
from telemetry.rota import BACKUP, PRIMARY, Audience, Rotation

_ZONE: Final = "UTC"


def put_on_call(database_url: str, now_us: int) -> None:
    """Rotas of both lines, the running shifts accepted; nothing where an earlier demo has left them."""
    written = Written("os:demo", "the demo", now_us)
    with closing(pool.connect(database_url, name="homehd demo")) as conn, pool.transaction(conn, "make demo rota"):
        book = rota.load(conn, now_us)
        clinic_id = next(one.clinic_id for one in book.clinics.values() if one.name == CLINIC)
        if any(one.clinic_id == clinic_id for one in book.rotas):
            return
        by_role = {one.role: one.user_id for one in book.people.values() if one.clinic_id == clinic_id}
        people = (by_role["nephrologist"], by_role["nurse"])
        # Since yesterday, whatever the hour: the doctor's turn has begun.
        anchor = local(now_us, ZoneInfo(_ZONE)).date() - timedelta(days=1)
        for line, turns in ((PRIMARY, people), (BACKUP, people[::-1])):
            rota_id = rota_changes.add(conn, clinic_id, Audience.CLINICAL, line, _ZONE, written)
            rota_changes.rotate(conn, rota_id, Rotation(0, turns, 7, time(8), anchor, now_us), written)
            rota_changes.accept(conn, rota_id, turns[0], now_us, written)
