"""A notifier in the test's hands beside a running API: it decides and takes due steps when told to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from alerts.escalation import People
from clinician_api.access import Role
from notifier import escalator, router, troubles
from notifier.router import Causes
from notifier.troubles import Trouble
from store import accounts, notices
from store.notices import NoticeRow
from store.pool import Connection
from telemetry.alarms import Priority
from tests.clinician_api.conftest import Api

CAUSES = Causes({"R07": "venous access"})


@dataclass
class Notifier:
    """`people` are asked; `settle` works at once."""

    api: Api
    people: People = field(default_factory=People)
    troubles: list[Trouble] = field(default_factory=list)

    def settle(self) -> None:
        """All that is due now."""
        with self.api.database() as conn:
            now_us = notices.database_us(conn)
            while router.route(conn, CAUSES, now_us) or escalator.advance(conn, self._who, now_us):
                pass

    def trouble(self, kind: str, clinic: int | None = None, audience: str = "operations") -> str:
        """A trouble of the system begins and is told; its notice."""
        self.troubles.append(Trouble(kind, "the broker", clinic, audience, Priority.HIGH, "no home is heard"))
        with self.api.database() as conn:
            troubles.settle(conn, self.troubles, notices.database_us(conn))
        self.settle()
        return str(self.rows("SELECT max(notice_id) FROM notice")[0][0])

    def user(self, name: str, clinic: int = 1, role: Role = Role.NURSE) -> int:
        """The account of that name, made when it is new."""
        email = self.api.account(role, clinic, name)
        with self.api.database() as conn:
            return next(account.user_id for account in accounts.list_users(conn) if account.email == email)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.api.database() as conn:
            return conn.execute(statement.encode(), values).fetchall()

    def _who(self, _conn: Connection, _row: NoticeRow, _now_us: int) -> People:
        return self.people
