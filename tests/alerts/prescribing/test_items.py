"""What can be prescribed: items of the rules, and those that no rule knows."""

from __future__ import annotations

from alerts import ruleset
from alerts.prescribing import changes, items
from alerts.prescribing.changes import Held, Wanted
from alerts.schema import CONTEXT_KEYS
from telemetry import signals

RULES = ruleset.load()
NONE = Held({}, {})


def test_what_is_only_compared_is_known_to_no_rule_and_may_be_nothing_impossible() -> None:
    assert not items.COMPARED & set(CONTEXT_KEYS)
    assert not [rule.id for rule in RULES.rules if items.COMPARED & set(rule.context)]
    for name, signal in (
        (items.BLOOD_FLOW, "blood_flow_setting"), (items.DIALYSATE_FLOW, "dialysate_flow"),
        (items.ULTRAFILTRATION, "ultrafiltration_volume"),
    ):  # fmt: skip
        low, high = items.RANGES[name]
        plausible = signals.BY_NAME[signal].plausible
        assert plausible is not None
        assert plausible[0] <= low < high <= plausible[1], name
        for value, fits in ((low, True), (high, True), (low - 1, False), (high + 1, False)):
            assert bool(changes.wrong(RULES, NONE, Wanted({}, {name: value}))) is not fits
