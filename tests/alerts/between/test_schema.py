from __future__ import annotations

from alerts.between.schema import Numbers, Verdict, active, missing, normal, pending
from telemetry.alarms import FindingState, Priority


def test_an_answer_about_something_is_a_verdict() -> None:
    answer = active("Too short", Priority.LOW, short_min=11.0)
    expected = Verdict("treatment 1", 5, FindingState.ACTIVE, Priority.LOW, "Too short", {"short_min": 11.0}, 9)
    assert answer.about("treatment 1", 5, 9) == expected


def test_only_what_is_beyond_a_limit_has_a_priority() -> None:
    assert [one.priority for one in (missing("no weight"), normal("fine"))] == [None, None]
    assert pending("soon", Priority.LOW).priority is Priority.LOW
    assert missing("no weight").state is FindingState.NOT_EVALUATED


def test_numbers_without_a_rule_of_their_own_go_together() -> None:
    assert Numbers().check() is None  # type: ignore[func-returns-value]
