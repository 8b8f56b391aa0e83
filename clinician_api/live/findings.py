"""What the rule engine last knew of each unit, read from its own saved state: above all, what it could not evaluate.

The API never evaluates a rule. It opens the snapshot that ingest stored with the readings, so that a screen can say
"not evaluated: no dialysate flow" instead of leaving the reader to take silence for normal.
"""

from __future__ import annotations

import logging

from alerts import ruleset
from alerts.asked import ruleset as asked_rules
from alerts.between import ruleset as between_rules
from alerts.engine import Engine
from clinician_api.live.views import View
from telemetry.alarms import FindingState
from telemetry.errors import HomehdError

log = logging.getLogger(__name__)


class Reader:
    """Reads snapshots with the rules that ship. Not for two threads at once."""

    def __init__(self) -> None:
        self._rules = ruleset.load(None)
        self._titles = {rule.id: rule.title for rule in self._rules.rules}
        self._between = {rule.id: rule.spec.title for rule in between_rules.load()}
        self._titles |= self._between | {rule.id: rule.spec.title for rule in asked_rules.load()}
        self._engine = Engine(self._rules)
        self._seen: dict[str, tuple[bytes, list[View]]] = {}

    @property
    def between(self) -> list[str]:
        """Ids of the rules between treatments."""
        return sorted(self._between)

    def title(self, rule: str) -> str:
        """What a rule is called; its id when it is not among today's rules."""
        return self._titles.get(rule, rule)

    def not_evaluated(self, states: dict[str, bytes]) -> dict[str, list[View]]:
        """Unit -> its rules that have no valid input, with the reason."""
        self._seen = {unit: self._look(unit, state) for unit, state in states.items()}
        return {unit: rules for unit, (_, rules) in self._seen.items()}

    def _look(self, unit: str, state: bytes) -> tuple[bytes, list[View]]:
        before = self._seen.get(unit)
        if before is not None and before[0] == state:
            return before
        row = self._engine.register(unit)
        try:
            self._engine.restore(row, state)
        except HomehdError as error:
            log.warning("engine state not readable", extra={"fields": {"unit": unit, "error": error.line()}})
            return state, [_view(rule.id, "its state cannot be read", at_rest=False) for rule in self._rules.rules]
        missing = [f for f in self._engine.findings(row) if f.state is FindingState.NOT_EVALUATED]
        return state, [_view(f.rule, f.reason, at_rest=f.at_rest) for f in missing]


def _view(rule: str, reason: str, *, at_rest: bool) -> View:
    return {"rule": rule, "reason": reason, "at_rest": at_rest, "between": False}


def between_view(rule: str, reason: str) -> View:
    """A rule between treatments that found nothing to go by, last time it looked."""
    return {"rule": rule, "reason": reason, "at_rest": False, "between": True}
