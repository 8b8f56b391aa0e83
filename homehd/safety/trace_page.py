"""`docs/safety/trace.md`: from hazard to controls and the tests that show them; from rule to cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from homehd.safety import kinds
from homehd.safety.hazards import Control, Log
from homehd.safety.kinds import Cases
from homehd.safety.markdown import table

PATH: Final = "docs/safety/trace.md"

_HEAD: Final = """# Trace

Made from [the hazard log](hazards.md), `alerts/rules/*.toml`, `tests/rules/*.toml` and the tests by `homehd rules
write`; do not edit.

## From hazard to test

*Present* says that a test of this name is in the file, found in its syntax tree, or the document in its place. That it
passes is the test run's to say.
"""
_RULES: Final = """
## From rule to case

Each rule has cases of five kinds, run by `tests/alerts/`, or says in its case file why one cannot be: firing, not
quite firing, a gap in the data, a stuck value, a mistake of unit.

"""


def page(
    log: Log,
    cases: Iterable[Cases],
    test_exists: Callable[[str], bool],
    document_exists: Callable[[str], bool],
) -> str:
    """The whole page."""
    parts = [_HEAD]
    for hazard, (text, severity) in log.hazards.items():
        own = [control for control in log.controls if hazard in control.hazards]
        rows = (row for control in own for row in _evidence(control, test_exists, document_exists))
        parts.append(f"\n### {hazard} {text} ({severity})\n\n" + table(("control", "shown by", "present"), rows))
    ruled = (_cases(one) for one in sorted(cases, key=lambda one: one.rule))
    parts.append(_RULES + table(("id", "alert", "cases", *kinds.KINDS, "others"), ruled))
    return "".join(parts)


def _evidence(
    control: Control, test_exists: Callable[[str], bool], document_exists: Callable[[str], bool]
) -> Iterable[tuple[str, str, str]]:
    shown = [(f"`{test}`", test_exists(test)) for test in control.tests]
    shown += [(f"[{path}]({path})", document_exists(path)) for path in control.documents]
    for number, (text, there) in enumerate(shown or [("–", False)]):
        yield control.text if number == 0 else "", text, "yes" if there else "**no**"


def _cases(cases: Cases) -> Iterable[str]:
    cells = [
        str(cases.counts[kind]) if cases.counts.get(kind) else cases.without.get(kind, "**no**") for kind in kinds.KINDS
    ]
    others = sum(count for kind, count in cases.counts.items() if kind not in kinds.KINDS)
    return cases.rule, cases.title, f"`{cases.path}`", *cells, str(others)
