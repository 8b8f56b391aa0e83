"""A treatment's record as messages: all of it, in its order, each sound, nobody named unless asked."""

from __future__ import annotations

from itertools import count

import pytest

from interop.hl7.export import Rules, messages
from tests.interop.fhir import records
from tests.interop.hl7.parsers import judged, observations, read

RULES = Rules(lambda rule: records.TITLES.get(rule, rule), lambda rule: False)


def made(**of: object) -> list[str]:
    numbers = count(1)
    names = bool(of.pop("names", False))
    record = records.record(**of)  # type: ignore[arg-type]
    return messages(record, RULES, lambda: f"id-{next(numbers)}", records.START, names=names)


def test_all_of_it_in_the_order_of_what_it_tells() -> None:
    found = made()
    for text in found:
        judged(text)
    kinds = [str(read(text)["MSH"][0][9])[4:7] for text in found]
    # Minutes 0, 1 (nothing valid: no message), 2, 3; the alert's beginning at minute 1, seen at 2; then the totals.
    assert kinds == ["R01", "R40", "R01", "R40", "R01", "R01"]
    assert "start" in found[1] and "alert-acknowledged" in found[3]
    assert [field[11] for field in observations(found[-1])[2:]] == ["F"] * 5
    assert len({str(read(text)["MSH"][0][10]) for text in found}) == len(found)


def test_one_that_goes_on_has_come_to_nothing_yet() -> None:
    assert "|unseen^" in made()[-1] and "|unseen^" not in "".join(made(end=None))


@pytest.mark.parametrize("names", [True, False])
def test_names_only_where_asked_for_and_what_staff_typed_never(names: bool) -> None:
    whole = "".join(made(names=names))
    assert (records.SECRET in whole) is names
    assert records.TYPED not in whole and records.NURSE not in whole


def test_nobody_was_bound_to_the_unit() -> None:
    assert all(str(read(text)["PID"][0][3]).endswith("^^^homehd^U") for text in made(patient_id=None))
