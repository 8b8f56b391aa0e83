"""The shape of what rules say."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from clinician_api.alerting.rule_models import Rules, RuleView

R10 = {
    "rule": "R10", "version": "1.0.0+00000000", "language": "en", "title": "Needle", "action": "Look at it.",
    "likely_causes": ["slipped out"], "consequence": "Blood is lost.", "respond_within_s": {"high": 60}, "source": "",
    "mark": "M",
}  # fmt: skip


def test_times_to_respond_are_by_priority() -> None:
    (view,) = Rules.model_validate({"rules": [R10]}).rules
    assert view.model_dump(mode="json")["respond_within_s"] == {"high": 60}


@pytest.mark.parametrize("change", [{"language": "tlh"}, {"respond_within_s": {"urgent": 60}}, {"likely_causes": "x"}])
def test_what_is_no_rule_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RuleView.model_validate({**R10, **change})
