"""Setting aside at the store; what it does to a night is in tests/notifier/test_router.py."""

from __future__ import annotations

import pytest

from alerts.shelving import ShelfKind
from evaluation.setting_aside import Outcome, bring_back, shelve
from store import alert_log, notices, pool, registry
from store.alert_log import AlertEventRow
from telemetry.alarms import ConditionState, Priority
from tests.store.told import NOW_US, alert, notice, person


async def test_shelving_from_first_to_last(database_url: str) -> None:
    with pool.connect(database_url) as conn:
        unit = registry.add_unit(conn, "Home", "North", NOW_US)
        wanted, user, number = alert(conn, unit, "R13", Priority.MEDIUM), person(conn), notice(conn, unit)
        notices.note_judgements(conn, [notices.Judged(wanted, number, "ask", "ask", "now")], NOW_US)
    opened = await pool.open_pool(database_url, size=1)
    async with opened.transaction() as aconn:
        assert await bring_back(aconn, wanted, user, NOW_US) is Outcome.NOTHING
        with pytest.raises(ValueError, match="at most 120 for medium"):
            await shelve(aconn, wanted, ShelfKind.TIMED, 121, "known", user, NOW_US)
        assert await shelve(aconn, wanted + 1, ShelfKind.TIMED, 5, "known", user, NOW_US) is Outcome.UNKNOWN
        assert await shelve(aconn, wanted, ShelfKind.TIMED, 5, " known ", user, NOW_US) is Outcome.DONE
    with pool.connect(database_url) as conn:
        assert notices.due_rechecks(conn, NOW_US) == [(number, unit.unit_id)]
        rows = conn.execute("SELECT kind, reason, actor FROM shelving_event").fetchall()
        assert rows == [("timed", "known", user)]
    async with opened.transaction() as aconn:
        # One that is over by its time is nothing to bring back.
        assert await bring_back(aconn, wanted, user, NOW_US + 300_000_000) is Outcome.NOTHING
        assert await bring_back(aconn, wanted, user, NOW_US) is Outcome.DONE
        assert await bring_back(aconn, wanted + 1, user, NOW_US) is Outcome.UNKNOWN
    with pool.connect(database_url) as conn:
        over = AlertEventRow(
            wanted, unit.unit_id, "R13", "1", Priority.MEDIUM, ConditionState.NORMAL, NOW_US, "over", {}, {}
        )
        alert_log.append(conn, [over], NOW_US)
    async with opened.transaction() as aconn:
        assert await shelve(aconn, wanted, ShelfKind.TIMED, 5, "known", user, NOW_US) is Outcome.OVER
    await opened.close()
