"""A rule without a kind of case says why, and not beside one."""

from __future__ import annotations

from homehd.safety import kinds

ALL = [{"kind": kind} for kind in kinds.KINDS]


def told(file: dict[str, object]) -> list[str]:
    return list(kinds.faults(kinds.take("R99", "A rule", "tests/rules/R99.toml", file)))


def test_all_five_or_the_reason() -> None:
    assert told({"case": [*ALL, {"kind": "clearing"}]}) == []
    assert told({"case": ALL[:4], "without": {"unit mistake": "a flag has no unit"}}) == []


def test_what_is_lacking_is_told_with_its_place() -> None:
    assert told({"case": ALL[1:]}) == [
        'tests/rules/R99.toml – no case of kind "firing": add one, or the reason under [without]'
    ]
    assert len(told({})) == 5


def test_a_reason_is_one_and_not_left_over() -> None:
    assert "gives no reason" in told({"case": ALL[:4], "without": {"unit mistake": " "}})[0]
    assert "there is: take the line out" in told({"case": ALL, "without": {"gap": "it has no time"}})[0]
    assert "none of the kinds" in told({"case": ALL, "without": {"unit mistakes": "it has no unit"}})[0]


def test_cases_are_counted_by_kind() -> None:
    cases = kinds.take("R99", "A rule", "tests/rules/R99.toml", {"case": [*ALL, {"kind": "gap"}, {"kind": "clearing"}]})
    assert (cases.counts["gap"], cases.counts["clearing"], cases.counts["firing"]) == (2, 1, 1)
