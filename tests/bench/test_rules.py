from __future__ import annotations

import pytest

from alerts import ruleset
from bench import rules, rules_cases
from bench.rules_cases import LABELS
from bench.rules_run import run


def test_the_short_form_answers_every_part_of_the_question(capsys: pytest.CaptureFixture[str]) -> None:
    assert rules.main(["--quick", "--seed", "3"]) == 0

    page = capsys.readouterr().out
    assert "Its numbers mean nothing" in page and "10 treatments of mixed patients without a fault (4 h)" in page
    parts = [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")]
    assert parts == [
        "Aims", "Without a fault", "With a labelled fault", "What cannot be seen",
        "All alerts in treatments with a fault", "The naive set", "How it was done", "Versions of the rules",
    ]  # fmt: skip
    assert all(f"| {label.name}" in page for label in LABELS)
    assert all(f"| {rule.id} | {rule.title} | {rule.version} |" in page for rule in ruleset.load().rules)
    faults = {line.split(" | ")[0].strip("| "): line for line in page.splitlines() if " / " in line}
    assert "1 (100%) | 1 (100%)" in faults["air"]
    assert "1 (100%) | 0 (0%)" in faults["stuck sensor"] and "seen by the rules only" in faults["stuck sensor"]
    assert "later by" in faults["blood pump stopped"]
    aim = next(line for line in page.splitlines() if line.startswith("| each labelled fault"))
    assert "blood pump stopped" in aim and "air" not in aim and aim.endswith("| **missed** |")


def test_a_fault_is_found_by_its_rules_when_it_happens_and_by_plain_limits_too() -> None:
    air, power = (next(label for label in LABELS if label.name == name) for name in ("air", "power cut"))
    cases = [rules_cases.draw(7, label, 20.0) for label in (air, power, None)]

    found_air, found_power, nothing = run(cases, ruleset.load())

    first = next(a for a in found_air.rules if a.at_s >= found_air.onset_s)
    assert (first.by, first.priority) == ("R20", "high") and first.at_s - found_air.onset_s <= 1
    assert any(a.by == "machine alarm, safety" and a.at_s - found_air.onset_s <= 1 for a in found_air.naive)
    stale = [(a.by, a.priority) for a in found_power.rules if a.by == "R33"]
    assert stale[0] == ("R33", "low") and 58 <= found_power.rules[0].at_s - found_power.onset_s <= 61
    silence = next(a for a in found_power.naive if a.by == "silence")
    assert silence.at_s - found_power.onset_s <= 3
    assert nothing.group == "" and not {"R19", "R20", "R33"} & {a.by for a in nothing.rules}


def test_treatments_are_the_same_for_one_seed_however_they_are_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rules.treat(5, 1, 5.0, 1)
    monkeypatch.setattr(rules, "_AT_ONCE", 1)
    assert rules.treat(5, 1, 5.0, 2) == whole


def test_a_number_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(SystemExit):
        rules.main(["--treatments", "-1"])
