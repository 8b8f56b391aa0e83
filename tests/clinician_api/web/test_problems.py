"""The kinds of errors: named once for all, written down, and told by their own address."""

from __future__ import annotations

import re

from clinician_api.web import problems


def test_names_are_distinct_and_every_kind_says_all() -> None:
    assert len(problems.BY_NAME) == len(problems.KINDS)
    for kind in problems.KINDS:
        assert re.fullmatch("[a-z]+(-[a-z]+)*", kind.name)
        assert kind.title and kind.meaning.endswith(".") and kind.remedy.endswith(".")
        assert "|" not in kind.title + kind.meaning + kind.remedy, "it is a row of a table"


def test_a_status_without_a_kind_of_its_own_is_the_senders_fault_or_ours() -> None:
    assert problems.of_status(404).name == "not-found"
    assert problems.of_status(403).name == "not-allowed"
    assert (problems.of_status(418).name, problems.of_status(507).name) == ("invalid", "internal")
