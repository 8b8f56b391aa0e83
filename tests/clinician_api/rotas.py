"""Rotas beside a running API: two clinics, each with a nephrologist and two nurses who take turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import httpx

from alerts.rota.local_time import DAY_US
from clinician_api.access import Role
from evaluation import rota_changes
from store import accounts, rota
from store.rota import Written
from telemetry.clock import SystemClock
from telemetry.rota import Audience, Override, Rotation, Source
from tests.clinician_api.conftest import Api

WRITTEN_BY = "os:test"


@dataclass
class Duty:
    """`rotas`: clinic -> its primary clinical rota. `ids`: (clinic, name) -> account."""

    api: Api
    rotas: dict[int, int] = field(default_factory=dict)
    ids: dict[tuple[int, str], int] = field(default_factory=dict)

    def written(self) -> Written:
        return Written(WRITTEN_BY, "as agreed", SystemClock().now_us())

    def person(self, clinic: int, name: str, role: Role = Role.NURSE) -> int:
        """The account of that name, made when it is new."""
        if (clinic, name) not in self.ids:
            email = self.api.account(role, clinic, name)
            with self.api.database() as conn:
                found = next(one.user_id for one in accounts.list_users(conn) if one.email == email)
            self.ids[clinic, name] = found
        return self.ids[clinic, name]

    def weekly(self, clinic: int, *names: str, line: int = 1, zone: str = "Europe/Berlin") -> int:
        """A rota of the clinic in which these people take turns of a week from last Monday on; its number."""
        people = tuple(self.person(clinic, name) for name in names)
        now = SystemClock().now_us()
        today = datetime.fromtimestamp(now / 1e6, UTC).date()
        monday: date = today - timedelta(days=today.weekday() + 7)
        with self.api.database() as conn:
            rota_id = rota_changes.add(conn, clinic, Audience.CLINICAL, line, zone, self.written())
            # As if it had been so for a month: at the command line the past is not written.
            rota.rotate(conn, rota_id, Rotation(0, people, 7, time(8), monday, now - 30 * DAY_US), self.written())
        if line == 1:
            self.rotas[clinic] = rota_id
        return rota_id

    def override(self, rota_id: int, start_us: int, end_us: int, user_id: int | None) -> int:
        """Written over it, also for the past."""
        with self.api.database() as conn:
            return rota.override(conn, rota_id, Override(0, start_us, end_us, user_id, Source.OVERRIDE), self.written())

    def nobody(self, clinic: int) -> None:
        """From now on nobody has the clinic's duty."""
        with self.api.database() as conn:
            now = SystemClock().now_us()
            ended = Rotation(0, (), 7, time(8), date(2026, 3, 2), now)
            rota_changes.rotate(conn, self.rotas[clinic], ended, self.written())

    def tested(self, user_id: int) -> None:
        """A channel of theirs was seen to work just now."""
        with self.api.database() as conn:
            now = SystemClock().now_us()
            conn.execute(
                "INSERT INTO channel (user_id, kind, address, host, label, tier, language, created_at, tested_at)"
                f" VALUES ({user_id}, 'apprise', 'json://localhost', 'localhost', 'pocket', 1, 'en', from_us({now}),"
                f" from_us({now}))".encode()
            )

    def sign_in(self, clinic: int | None, name: str, role: Role = Role.NURSE) -> httpx.Client:
        return self.api.sign_in(role, clinic, name)

    def deeds(self) -> list[tuple[str, str, str]]:
        """Actor, action, subject of all that is on record."""
        return self.api.deeds("actor", "action", "subject")


def shifts(client: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    """Those of the first rota a client sees, as GET /api/rota tells them."""
    answer = client.get("/api/rota", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["rotas"][0]["shifts"]
    return found
