"""A notice about a unit's alert, as the notifier makes one."""

from __future__ import annotations

from store import accounts, alert_log, channels, notices
from store.alert_log import AlertEventRow
from store.notices import NewNotice, NoticeEvent
from store.pool import Connection
from store.registry import Unit
from telemetry.alarms import ConditionState, Priority

NOW_US = 1_750_000_000_000_000
SECOND = 1_000_000


def person(conn: Connection, name: str = "anna") -> int:
    """An account."""
    return accounts.add_user(
        conn, email=f"{name}@example.org", name=name.title(), role="on-call", clinic_id=None, password_hash="x",
        now_us=NOW_US,
    )  # fmt: skip


def way(conn: Connection, user_id: int, host: str = "127.0.0.1", path: str = "a", tier: int = 1) -> int:
    """A channel of theirs."""
    return channels.add(
        conn, user_id, "apprise", f"json://{host}/{path}", host=host, label="phone", tier=tier, language="en",
        now_us=NOW_US,
    )  # fmt: skip


def alert(
    conn: Connection, unit: Unit, rule: str = "R10", priority: Priority = Priority.HIGH, late: bool = False
) -> int:
    """One that has just begun."""
    alert_id = alert_log.reserve_ids(conn, 1)[0]
    state = ConditionState.ACTIVE_UNACKNOWLEDGED
    row = AlertEventRow(alert_id, unit.unit_id, rule, "1", priority, state, NOW_US, "found", {}, {}, late)
    alert_log.append(conn, [row], NOW_US)
    return alert_id


def notice(conn: Connection, unit: Unit, cause: str = "venous access", priority: str = "high") -> int:
    """One about the unit, nobody asked yet."""
    return notices.open_notice(
        conn, NewNotice(unit.unit_id, None, unit.clinic_id, "clinical", cause, "", priority), NOW_US
    )


def asked(notice_id: int, number: int = 1, priority: str = "high") -> NoticeEvent:
    """That people are asked."""
    return NoticeEvent(notice_id, NOW_US, "ask", "asking", priority, number, "somebody has to know now")
