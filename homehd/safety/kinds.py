"""The five kinds of case every rule has in its `<id>.toml` under tests/rules, or says there why it cannot have one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

FOLDER: Final = "tests/rules"
KINDS: Final = ("firing", "not quite", "gap", "stuck", "unit mistake")


@dataclass(frozen=True, slots=True)
class Cases:
    """What a rule's case file holds, whatever its cases look like inside.

    Attributes:
        rule, title: the rule's. path: of the file. counts: kind -> cases of it.
        without: kind -> why the rule cannot have one.
    """

    rule: str
    title: str
    path: str
    counts: Mapping[str, int]
    without: Mapping[str, str]


def take(rule: str, title: str, path: str, file: Mapping[str, Any]) -> Cases:
    """From a parsed case file; one that is not there is an empty one."""
    counts = Counter(str(case.get("kind")) for case in file.get("case", ()))
    return Cases(rule, title, path, counts, dict(file.get("without", {})))


def faults(cases: Cases) -> Iterator[str]:
    """What is lacking, a line each: what, where, what to do."""
    for kind in KINDS:
        reason = cases.without.get(kind)
        if not cases.counts.get(kind) and reason is None:
            yield f'{cases.path} – no case of kind "{kind}": add one, or the reason under [without]'
        elif cases.counts.get(kind) and reason is not None:
            yield f'{cases.path} – [without] says there can be no case of kind "{kind}", there is: take the line out'
        elif reason is not None and not reason.strip():
            yield f'{cases.path} – [without] "{kind}" gives no reason: write it'
    for kind in cases.without:
        if kind not in KINDS:
            yield f'{cases.path} – [without] "{kind}" is none of the kinds {", ".join(KINDS)}: correct the word'
