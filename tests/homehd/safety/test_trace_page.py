"""From a hazard to its tests, from a rule to its cases."""

from __future__ import annotations

from homehd.safety import hazards, kinds, trace_page
from tests.homehd.safety.test_hazards import LOG


def page(*there: str) -> str:
    file = {
        "case": [{"kind": kind} for kind in ("firing", "firing", "not quite", "gap", "clearing")],
        "without": {"unit mistake": "a flag has no unit"},
    }
    cases = [kinds.take("R19", "Blood leak", "tests/rules/R19.toml", file)]
    return trace_page.page(hazards.parse(LOG), cases, there.__contains__, there.__contains__)


def test_each_hazard_has_its_controls_and_their_evidence() -> None:
    text = page("tests/a.py::test_a", "intended-use.md")
    first, second = text.index("### H1 alert missed (S3)"), text.index("### H2 alert late (S2)")
    assert "| kept on disk | `tests/a.py::test_a` | yes |\n|  | `tests/b.py::test_b` | **no** |\n" in text[first:second]
    assert "| said in words | [intended-use.md](intended-use.md) | yes |" in text[first:second]
    assert "kept on disk" in text[second:] and "said in words" not in text[second:]


def test_each_rule_has_its_cases_by_kind_or_why_not() -> None:
    assert page().endswith(
        "| R19 | Blood leak | `tests/rules/R19.toml` | 2 | 1 | 1 | **no** | a flag has no unit | 1 |\n"
    )


def test_a_control_shown_by_nothing_is_seen() -> None:
    log = hazards.parse(LOG.replace("[intended use](intended-use.md#top)", "we think so"))
    text = trace_page.page(log, [], lambda _: True, lambda _: True)
    assert "| said in words | – | **no** |" in text
