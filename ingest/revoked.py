"""What stands of units that are revoked is over: nobody can see it any more, let alone acknowledge it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from alerts.ruleset import Ruleset
from store import alert_log
from store.alert_log import AlertEventRow, AlertState
from store.pool import Connection, transaction
from telemetry.alarms import ConditionState

log = logging.getLogger(__name__)

REASON: Final = "the unit was revoked"


def close_alerts(conn: Connection, unit_ids: Sequence[int], ruleset: Ruleset, now_us: int) -> None:
    """End every alert of these units that is not over, latched ones too."""
    if not unit_ids or not alert_log.open_alerts(conn, unit_ids):
        return
    versions = {rule.id: rule.version for rule in ruleset.rules}
    with transaction(conn, "close alerts of revoked units"):
        standing = alert_log.open_alerts(conn, unit_ids)
        locked = alert_log.lock(conn, [state.alert_id for state in standing]).values()
        rows = [_end(state, versions.get(state.rule, ""), now_us) for state in locked if _is_open(state)]
        alert_log.append(conn, rows, now_us)
    log.info("alerts of revoked units closed", extra={"fields": {"alerts": [row.alert_id for row in rows]}})


def _is_open(state: AlertState) -> bool:
    return state.state is not ConditionState.NORMAL


def _end(state: AlertState, version: str, now_us: int) -> AlertEventRow:
    return AlertEventRow(
        alert_id=state.alert_id,
        unit_id=state.unit_id,
        rule=state.rule,
        rule_version=version,
        priority=state.priority,
        state=ConditionState.NORMAL,
        time_us=now_us,
        reason=REASON,
        inputs={},
        limits={},
    )
